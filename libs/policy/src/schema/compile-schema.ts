import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject } from '../decide/json.js';
import { linearTime } from './pattern.js';
import { FORMATS } from './profile.js';

/**
 * Compiles a schema of the profile. It stops at the first violation: the reports of a million of them would cost more than finding them.
 * @throws what Ajv says of a schema that it does not understand
 */
export const compileSchema = (schema: JsonObject, regExp: typeof linearTime = linearTime): ValidateFunction => {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    logger: false,
    // Both took most of the time: the meta-schema, and making code of 2,000 subschemas shorter (2 s).
    meta: false,
    validateSchema: false,
    code: { regExp, optimize: false },
  });
  addFormats.default(ajv, [...FORMATS]);
  // Ajv's own count all characters, of a text of any length.
  ajv.removeKeyword('maxLength').removeKeyword('minLength');
  ajv.addKeyword({ ...LENGTH, keyword: 'maxLength', compile: (max: number) => (text: string) => hasAtMost(text, max) });
  ajv.addKeyword({
    ...LENGTH,
    keyword: 'minLength',
    compile: (min: number) => (text: string) => hasAtLeast(text, min),
  });
  return ajv.compile(schema);
};

/** `before`: a pattern sees no text that is too long. */
const LENGTH = { type: 'string', schemaType: 'number', before: 'pattern', errors: false } as const;

/** Characters beyond U+FFFF have two UTF-16 units. */
const charactersOf = (text: string): number => {
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters;
};

const hasAtMost = (text: string, max: number): boolean =>
  text.length <= max || (text.length <= 2 * max && charactersOf(text) <= max);

const hasAtLeast = (text: string, min: number): boolean =>
  text.length >= 2 * min || (text.length >= min && charactersOf(text) >= min);

/** One instance for all: it keeps nothing of what it checks. */
let metaSchema: Ajv2020 | undefined;

/** What breaks the meta-schema of JSON Schema 2020-12. */
export const metaSchemaError = (schema: JsonObject): ErrorObject | undefined => {
  if (!metaSchema) {
    metaSchema = new Ajv2020({ logger: false });
    addFormats.default(metaSchema);
  }
  return metaSchema.validateSchema({ ...schema, $schema: DIALECT }) === true ? undefined : metaSchema.errors?.[0];
};

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
