import type { JsonObject } from '../decide/json.js';

type Reason = readonly [reason: string, description: string];

/** Keywords that are not of the profile and have a reason of their own. */
export const FORBIDDEN: Readonly<Partial<Record<string, Reason>>> = {
  // An async validator returns a promise, which is truthy: every answer would seem valid.
  $async: ['SCHEMA_ASYNC', 'a schema answers at once'],
  $dynamicRef: ['SCHEMA_RECURSIVE', 'references are static: $ref with #/$defs/…'],
  $recursiveRef: ['SCHEMA_RECURSIVE', 'references are static: $ref with #/$defs/…'],
  $id: ['SCHEMA_REFERENCE', 'parts are referred to by #/$defs/…, and need no name of their own'],
  $anchor: ['SCHEMA_REFERENCE', 'parts are referred to by #/$defs/…, and need no name of their own'],
  $dynamicAnchor: ['SCHEMA_REFERENCE', 'parts are referred to by #/$defs/…, and need no name of their own'],
  patternProperties: ['KEYWORD_NOT_ALLOWED', 'names are listed in properties, or free in additionalProperties'],
  propertyNames: ['KEYWORD_NOT_ALLOWED', 'names are listed in properties, or free in additionalProperties'],
  dependentSchemas: ['KEYWORD_NOT_ALLOWED', 'write if with required, and then'],
  unevaluatedProperties: ['KEYWORD_NOT_ALLOWED', 'write additionalProperties, beside all properties'],
  unevaluatedItems: ['KEYWORD_NOT_ALLOWED', 'write items'],
};

const OF_TEXTS = ['maxLength', 'minLength', 'pattern', 'format'];
const OF_ARRAYS = [
  'items',
  'prefixItems',
  'contains',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxContains',
  'minContains',
];
const OF_OBJECTS = [
  'properties',
  'additionalProperties',
  'required',
  'dependentRequired',
  'maxProperties',
  'minProperties',
];
const OF_NUMBERS = ['multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'];
const OF_ALL = [
  'type',
  'enum',
  'const',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  '$ref',
  '$defs',
  '$schema',
];
const ANNOTATIONS = [
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
];

export const ALLOWED: ReadonlySet<string> = new Set([
  ...OF_TEXTS,
  ...OF_ARRAYS,
  ...OF_OBJECTS,
  ...OF_NUMBERS,
  ...OF_ALL,
  ...ANNOTATIONS,
]);

/** The type that must be named beside a keyword, so that what is bounded is bounded there. */
export const TYPE_OF_KEYWORD: ReadonlyMap<string, string> = new Map([
  ...OF_TEXTS.map((keyword) => [keyword, 'string'] as const),
  ...OF_ARRAYS.map((keyword) => [keyword, 'array'] as const),
]);

export const typesOf = ({ type }: JsonObject): readonly string[] =>
  [type].flat().filter((one): one is string => typeof one === 'string');
