import type { Json } from '@crossroads/eventsourcing';
import { fields } from '@crossroads/grpc';
import type { JsonObject } from '@crossroads/policy';
import { schemaViolation } from '@crossroads/policy/schema';

/** Of the path of a refused part. */
const MAX_PATH_LENGTH = 270;
/** What goes down in a schema may do so without counting. */
const MAX_JSON_DEPTH = 100;

export const jsonSchema = fields.field((raw: { readonly [key: string]: unknown } | undefined, refuse): JsonObject => {
  if (!raw) return refuse('REQUIRED', 'needed: the JSON Schema (2020-12) of the data');
  if (!isJsonObject(raw))
    return refuse(
      'NOT_JSON',
      `a schema is a JSON object of at most ${MAX_JSON_DEPTH} levels, without U+0000 in its texts`,
    );
  const violation = schemaViolation(raw);
  return violation
    ? refuse(violation.reason, violation.description, violation.path.join('.').slice(0, MAX_PATH_LENGTH))
    : raw;
});

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isJson(value);

/** U+0000 is valid in JSON, but PostgreSQL cannot store it. */
const isText = (value: string): boolean => !value.includes('\u0000');

const isJson = (value: unknown, above = 0): value is Json => {
  if (typeof value === 'string') return isText(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || above >= MAX_JSON_DEPTH) return false;
  return Object.entries(value).every(([name, part]) => isText(name) && isJson(part, above + 1));
};
