import type { Json } from '@crossroads/eventsourcing';
import { fields } from '@crossroads/grpc';
import type { JsonObject } from '@crossroads/policy';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
/** Subschemas and their parts. A reference counts as much as its target. */
const MAX_PARTS = 20_000;
const MAX_PATTERN_LENGTH = 200;
/** Of the path of a refused part. */
const MAX_PATH_LENGTH = 270;

/**
 * Other services compile this schema and validate answers with it, so it must not be able to exhaust them: bounded in size and
 * depth, no reference to another document or to itself, no pattern with exponential matching time.
 */
export const jsonSchema = fields.field((raw: { readonly [key: string]: unknown } | undefined, refuse): JsonObject => {
  if (!raw) return refuse('REQUIRED', 'needed: the JSON Schema (2020-12) of the data');
  const refusePart = ({ path, reason, description }: Violation) =>
    refuse(reason, description, path.join('.').slice(0, MAX_PATH_LENGTH));
  const limit = new SchemaLimits(raw).violation();
  if (limit) return refusePart(limit);
  if (!isJsonObject(raw)) return refuse('NOT_JSON', 'a schema is a JSON object, without U+0000 in its texts');
  const violation = typeViolation(raw) ?? compilationViolation(raw);
  return violation ? refusePart(violation) : raw;
});

const typeViolation = ({ type }: JsonObject): Violation | undefined =>
  type === 'object'
    ? undefined
    : {
        path: ['type'],
        reason: 'SCHEMA_NOT_OF_AN_OBJECT',
        description: 'data are a JSON object: "type": "object"',
      };

const compilationViolation = (schema: JsonObject): Violation | undefined => {
  const reason = 'INVALID_SCHEMA';
  // A new instance for each schema, since an instance caches everything that it compiled.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, logger: false, validateSchema: true });
  addFormats.default(ajv);
  try {
    if (!ajv.validateSchema(schema)) {
      const [error] = ajv.errors ?? [];
      const path = (error?.instancePath ?? '').split('/').slice(1);
      return { path, reason, description: `no JSON Schema 2020-12: ${error?.message ?? 'see the meta-schema'}` };
    }
    ajv.compile(schema);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 300) : 'unknown';
    return { path: [], reason, description: `the schema does not compile: ${why}` };
  }
};

interface Violation {
  readonly path: readonly string[];
  readonly reason: string;
  readonly description: string;
}

class SchemaLimits {
  private readonly sizes = new Map<object, number>();
  private readonly open = new Set<object>();
  private found: Violation | undefined;

  constructor(private readonly schema: { readonly [key: string]: unknown }) {}

  violation(): Violation | undefined {
    const parts = this.partsOf(this.schema, [], 0);
    if (!this.found && parts > MAX_PARTS)
      this.refuse([], 'SCHEMA_TOO_LARGE', `at most ${MAX_PARTS} parts, references included`);
    if (!this.found && JSON.stringify(this.schema).length > MAX_BYTES)
      this.refuse([], 'SCHEMA_TOO_LARGE', `at most ${MAX_BYTES} bytes`);
    return this.found;
  }

  /** Returns 0: a refused part adds nothing to the count. */
  private refuse(path: readonly string[], reason: string, description: string): number {
    this.found ??= { path, reason, description };
    return 0;
  }

  private partsOf(part: unknown, path: readonly string[], depth: number): number {
    if (this.found || typeof part !== 'object' || part === null) return 1;
    if (depth > MAX_DEPTH) return this.refuse(path, 'SCHEMA_TOO_DEEP', `at most ${MAX_DEPTH} levels`);
    const known = this.sizes.get(part);
    if (known !== undefined) return known;
    if (this.open.has(part))
      return this.refuse(path, 'SCHEMA_RECURSIVE', 'a schema may not refer to itself; write the levels out');
    this.open.add(part);
    let parts = 1;
    const members: [string, unknown][] = Object.entries(part);
    for (const [keyword, value] of members) {
      const below = [...path, keyword];
      // An async validator returns a promise, which is truthy: every answer would seem valid.
      if (keyword === '$async') this.refuse(below, 'SCHEMA_ASYNC', 'a schema answers at once');
      parts += this.partsOf(value, below, depth + 1);
      if (typeof value === 'string') parts += this.keyword(keyword, value, below, depth);
      if (keyword === 'patternProperties' && typeof value === 'object' && value !== null)
        for (const pattern of Object.keys(value)) this.pattern(pattern, below);
    }
    this.open.delete(part);
    this.sizes.set(part, parts);
    return parts;
  }

  private keyword(keyword: string, value: string, path: readonly string[], depth: number): number {
    if (keyword === 'pattern') this.pattern(value, path);
    // Inside `properties` these may be names of fields, but then the value is a schema and not a text.
    if (keyword === '$dynamicRef' || keyword === '$recursiveRef')
      this.refuse(path, 'SCHEMA_RECURSIVE', 'references are static: $ref with #/$defs/…');
    if (keyword === '$id' || keyword === '$anchor' || keyword === '$dynamicAnchor')
      this.refuse(path, 'SCHEMA_REFERENCE', 'parts are referred to by #/$defs/…, and need no name of their own');
    if (keyword !== '$ref') return 0;
    const target = this.resolve(value);
    if (target === undefined)
      return this.refuse(path, 'SCHEMA_REFERENCE', 'a reference points into this schema: #/$defs/…');
    return this.partsOf(target, path, depth + 1);
  }

  private resolve(reference: string): unknown {
    if (!reference.startsWith('#')) return undefined;
    let part: unknown = this.schema;
    for (const step of reference.slice(1).split('/').slice(1)) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      part =
        typeof part === 'object' && part !== null && Object.hasOwn(part, name) ? Reflect.get(part, name) : undefined;
    }
    return part;
  }

  private pattern(pattern: string, path: readonly string[]): void {
    if (pattern.length > MAX_PATTERN_LENGTH)
      this.refuse(path, 'PATTERN_TOO_LONG', `at most ${MAX_PATTERN_LENGTH} characters`);
    else if (!isPattern(pattern))
      this.refuse(path, 'INVALID_SCHEMA', 'no regular expression of ECMA 262, with its u flag');
    else if (isRisky(pattern))
      this.refuse(
        path,
        'PATTERN_TOO_COSTLY',
        'no repeated groups that repeat or branch inside, no back references, no look-around',
      );
  }
}

const isPattern = (pattern: string): boolean => {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
};

/**
 * Patterns whose matching can take exponential or high polynomial time: a repeated group with a repetition or an alternative
 * in it, back references, look-around, and more than three open-ended repetitions. Also refuses some harmless ones.
 */
const isRisky = (pattern: string): boolean => {
  if (/\\[1-9k]|\(\?[=!<]|\{\d{4,}|,\d{4,}\}/.test(pattern)) return true;
  // Keep groups, alternatives and repetitions; replace everything else by `c`, also a fixed repetition of one character.
  const bare = pattern
    .replace(/\\./g, 'c')
    .replace(/\[\^?\]?[^\]]*\]/g, 'c')
    .replace(/[A-Za-z]/g, 'c')
    .replace(/(?<!\))\{\d+\}/g, '');
  if ((bare.match(/[*+]|\{\d*,\}/g) ?? []).length > 3) return true;
  // From the inside out: a group becomes `R` where it repeats or branches, `c` where it does neither.
  for (let text = bare; ; ) {
    const inner = /\((?:\?:)?([^()]*)\)([*+]|\{\d+,?\d*\})?/.exec(text);
    if (!inner) return false;
    const [whole, body = '', repeated] = inner;
    const varies = /[*+?|{R]/.test(body);
    if (repeated !== undefined && varies) return true;
    text =
      text.slice(0, inner.index) +
      (varies || repeated !== undefined ? 'R' : 'c') +
      text.slice(inner.index + whole.length);
  }
};

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value);

/** U+0000 is valid in JSON, but PostgreSQL cannot store it. */
const isText = (value: string): boolean => !value.includes('\u0000');

const isJson = (value: unknown): value is Json => {
  if (typeof value === 'string') return isText(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'object' && Object.entries(value).every(([name, part]) => isText(name) && isJson(part));
};
