import type { JsonObject } from '@crossroads/policy';
import { compileSchema } from '@crossroads/policy/schema';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';

/** Where data breaks the schema of its data service. Paths and keywords only: never a value. */
export interface SchemaViolation {
  readonly path: string;
  readonly keyword: string;
}

/** Of a schema that does not compile. Authorization rejects such schemas when they are registered. */
export const DOES_NOT_COMPILE: SchemaViolation = { path: '', keyword: '$schema' };

/** For each data service some sets of field groups. */
const MAX_COMPILED = 200;

/** The compiled schemas of one thread. */
export class Validators {
  /** By the text of the schema. */
  private readonly compiled = new LRUCache<string, ValidateFunction | 'does not compile'>({ max: MAX_COMPILED });

  /** The first violation. */
  violation(schema: string, data: unknown): SchemaViolation | undefined {
    const known = this.compiled.get(schema);
    const validate = known ?? compiled(schema);
    if (known === undefined) this.compiled.set(schema, validate);
    if (validate === 'does not compile') return DOES_NOT_COMPILE;
    if (validate(data)) return undefined;
    // Those of alternatives come before that of the whole.
    const error = validate.errors?.at(-1);
    return error ? toViolation(error) : DOES_NOT_COMPILE;
  }
}

const compiled = (schema: string): ValidateFunction | 'does not compile' => {
  try {
    // A text made of a schema.
    return compileSchema(JSON.parse(schema) as JsonObject);
  } catch {
    return 'does not compile';
  }
};

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
