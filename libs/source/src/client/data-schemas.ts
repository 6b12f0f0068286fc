import { type CompiledDataService, pathsOf } from '@crossroads/policy/decide';
import { isViolation, type Profile, profileOf, schemaOfPaths } from '@crossroads/policy/schema';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Tinypool } from 'tinypool';
import { type DataSize, sizeOf } from './data-size.js';
import { isJsonObject } from './json.js';
import type { Validation } from './validate.worker.js';
import { DOES_NOT_COMPILE, type SchemaViolation, Validators } from './validators.js';

/** Of 10 ns each: what may hold up the calls of others. */
const MAX_STEPS_HERE = 100_000;
/** Subschemas: compiling 100 takes 20 ms. */
const MAX_PARTS_HERE = 100;
/** Of one data service: by sets of field groups. */
const MAX_TEXTS = 100;
const THREADS = 2;
const IDLE_MS = 60_000;

/**
 * Validates data that holds some field groups of a data service only, against the schema of the whole: a missing property
 * counts only where it belongs to one of the groups, or leads to one. Large data and large schemas go to threads of their own.
 */
@Injectable()
export class DataSchemas implements OnApplicationShutdown {
  /** A changed data service is a new object, so that its schema is read again. */
  private readonly schemas = new WeakMap<CompiledDataService, ServiceSchema>();
  private readonly validators = new Validators();
  private pool: Tinypool | undefined;

  /** The first violation. */
  async violation(
    service: CompiledDataService,
    groups: Iterable<string>,
    data: unknown,
  ): Promise<SchemaViolation | undefined> {
    const schema = this.schemaOf(service);
    if (schema.profile === undefined) return DOES_NOT_COMPILE;
    const size = sizeOf(data);
    if (size === 'too deep') return { path: '', keyword: 'depth' };
    if (size === 'too many names') return { path: '', keyword: 'maxProperties' };
    const text = schema.textFor(groups);
    return isLarge(schema.profile, size)
      ? this.elsewhere({ schema: text, data })
      : this.validators.violation(text, data);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.destroy();
  }

  private schemaOf(service: CompiledDataService): ServiceSchema {
    const known = this.schemas.get(service);
    if (known) return known;
    const schema = new ServiceSchema(service);
    this.schemas.set(service, schema);
    return schema;
  }

  private async elsewhere(validation: Validation): Promise<SchemaViolation | undefined> {
    this.pool ??= new Tinypool({
      filename: new URL('./validate.worker.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: THREADS,
      idleTimeout: IDLE_MS,
    });
    // What the module of the threads returns.
    return (await this.pool.run(validation)) as SchemaViolation | undefined;
  }
}

class ServiceSchema {
  /** Absent: the schema is not of the profile, which authorization refuses to register. */
  readonly profile: Profile | undefined;
  private readonly texts = new Map<string, string>();

  constructor(private readonly service: CompiledDataService) {
    const { jsonSchema = {} } = service;
    const profile = isJsonObject(jsonSchema) ? profileOf(jsonSchema) : undefined;
    this.profile = profile === undefined || isViolation(profile) ? undefined : profile;
  }

  /** The schema of data that holds these groups. */
  textFor(groups: Iterable<string>): string {
    const names = [...groups].sort((a, b) => (a < b ? -1 : 1));
    const key = names.join('\n');
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const { jsonSchema = {} } = this.service;
    const schema = isJsonObject(jsonSchema) ? schemaOfPaths(jsonSchema, pathsOf(this.service, names)) : {};
    const text = JSON.stringify(schema);
    if (this.texts.size >= MAX_TEXTS) this.texts.clear();
    this.texts.set(key, text);
    return text;
  }
}

const isLarge = (
  { parts, steps, stepsPerValue, stepsPerCharacter }: Profile,
  { values, characters }: DataSize,
): boolean =>
  parts > MAX_PARTS_HERE || Math.min(steps, values * stepsPerValue + characters * stepsPerCharacter) > MAX_STEPS_HERE;
