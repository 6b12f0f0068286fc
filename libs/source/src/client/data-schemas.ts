import { type CompiledDataService, pathsOf } from '@crossroads/policy/decide';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { Injectable } from '@nestjs/common';

/** Where data breaks the schema of its data service. Paths and keywords only: never a value. */
export interface SchemaViolation {
  readonly path: string;
  readonly keyword: string;
}

/** The violation for a schema that does not compile. Authorization rejects such schemas when they are registered. */
const DOES_NOT_COMPILE: readonly SchemaViolation[] = [{ path: '', keyword: '$schema' }];

/**
 * Validates data that holds some field groups of a data service only, against the schema of the whole: a missing property
 * counts only where it belongs to one of the groups, or leads to one. All else holds as it stands; a `required` inside
 * `anyOf`, `oneOf`, `not` or `if` is therefore never relaxed.
 */
@Injectable()
export class DataSchemas {
  /** A changed data service is a new object, so that its schema is compiled again. */
  private readonly compiled = new WeakMap<CompiledDataService, ValidateFunction | 'does not compile'>();

  violations(service: CompiledDataService, groups: Iterable<string>, data: unknown): readonly SchemaViolation[] {
    const validate = this.validatorOf(service);
    if (validate === 'does not compile') return DOES_NOT_COMPILE;
    if (validate(data)) return [];
    const paths = pathsOf(service, groups);
    return (validate.errors ?? []).map(toViolation).filter((violation) => counts(violation, paths));
  }

  private validatorOf(service: CompiledDataService): ValidateFunction | 'does not compile' {
    const known = this.compiled.get(service);
    if (known) return known;
    const validate = compile(service);
    this.compiled.set(service, validate);
    return validate;
  }
}

const compile = ({ jsonSchema }: CompiledDataService): ValidateFunction | 'does not compile' => {
  try {
    // A new instance for each schema, since two data services may use the same $id. A $ref to another document does not compile.
    const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false });
    formats.default(ajv);
    return ajv.compile(jsonSchema ?? {});
  } catch {
    return 'does not compile';
  }
};

const counts = ({ keyword, path }: SchemaViolation, paths: readonly string[]): boolean =>
  keyword !== 'required' || paths.some((other) => isWithin(path, other) || isWithin(other, path));

/** Whether `path` is `other` or lies below it. */
const isWithin = (path: string, other: string): boolean => path === other || path.startsWith(`${other}.`);

const toViolation = ({ keyword, instancePath, params }: ErrorObject): SchemaViolation => {
  const steps = instancePath.split('/').slice(1);
  // Paths contain no array indexes.
  const path = steps.filter((step) => !/^\d+$/.test(step)).map(fromPointer);
  const missing: unknown = params.missingProperty;
  if (keyword === 'required' && typeof missing === 'string') path.push(missing);
  return { path: path.join('.'), keyword };
};

/** A step of a JSON Pointer (RFC 6901). */
const fromPointer = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');
