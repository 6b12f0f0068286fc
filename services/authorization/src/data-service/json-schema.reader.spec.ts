import { fields, InvalidInput, parseRequest } from '@crossroads/grpc';
import { describe, expect, it } from '@jest/globals';
import { jsonSchema } from './json-schema.reader.js';

const dataService = fields.message({ jsonSchema });

const read = (schema: { readonly [key: string]: unknown } | undefined) => {
  try {
    parseRequest(dataService, { jsonSchema: schema });
    return 'ok';
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return `${error.violations[0].field} ${error.violations[0].reason}`;
  }
};
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
const text = { type: 'string', maxLength: 20 };
const nested = (depth: number): object =>
  depth === 0 ? text : { type: 'array', maxItems: 1, items: nested(depth - 1) };
const matching = (pattern: string, maxLength = 20): object => ({ type: 'string', maxLength, pattern });
const doubling = (levels: number) => ({
  type: 'object',
  $defs: Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [
      `d${level}`,
      level === 0 ? text : { allOf: [{ $ref: `#/$defs/d${level - 1}` }, { $ref: `#/$defs/d${level - 1}` }] },
    ]),
  ),
  properties: { a: { $ref: `#/$defs/d${levels - 1}` } },
});

describe('a JSON Schema', () => {
  it.each<[string, { readonly [key: string]: unknown }]>([
    ['plain', object({ name: text, born: { type: 'string', format: 'date' }, sex: { enum: ['F', 'M'] } })],
    ['with its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...object({}) }],
    ['with definitions', object({ a: { $ref: '#/$defs/d' }, b: { $ref: '#/$defs/d' } }, { $defs: { d: text } })],
    ['with careful patterns', object({ a: matching('^[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?$') })],
    [
      'with patterns that hang other engines',
      object({ a: matching('^(a+)+$'), b: matching('(a|a)*b'), c: matching('^a{0,99}a{0,99}b$') }),
    ],
    [
      'with a long list',
      object({ a: { type: 'array', maxItems: 1_000, items: object({ b: matching('^[0-9]{10}$', 10), c: text }) } }),
    ],
    ['with a list of different texts', object({ a: { type: 'array', maxItems: 100, uniqueItems: true, items: text } })],
    ['with kinds', object({}, { oneOf: [{ properties: { kind: { const: 'a' } } }, { required: ['b'] }] })],
    ['with any names', object({ a: object({}, { maxProperties: 10, additionalProperties: text }) })],
  ])('is taken: %s', (_, schema) => expect(read(schema)).toBe('ok'));

  it.each<[string, { readonly [key: string]: unknown } | undefined, string]>([
    ['none', undefined, ' REQUIRED'],
    ['of no object', { type: 'array' }, '.type SCHEMA_NOT_OF_AN_OBJECT'],
    ['an unknown type', object({ a: { type: 'text' } }), '.properties.a.type INVALID_SCHEMA'],
    [
      'a negative length',
      object({ a: { type: 'string', maxLength: 9, minLength: -1 } }),
      '.properties.a.minLength INVALID_SCHEMA',
    ],
    [
      'an unknown keyword',
      object({ a: { type: 'string', maxLength: 9, maximumLength: 3 } }),
      '.properties.a.maximumLength KEYWORD_NOT_ALLOWED',
    ],
    ['an unknown format', object({ a: { type: 'string', format: 'ssin' } }), '.properties.a.format FORMAT_NOT_ALLOWED'],
    ['a pattern that is none', object({ a: matching('(') }), '.properties.a.pattern INVALID_SCHEMA'],
    [
      'another dialect',
      { $schema: 'http://json-schema.org/draft-04/schema#', ...object({}) },
      '.$schema INVALID_SCHEMA',
    ],
    ['another document', object({ a: { $ref: 'https://example.org/a' } }), '.properties.a.$ref SCHEMA_REFERENCE'],
    ['nothing', object({ a: { $ref: '#/$defs/nothing' } }), '.properties.a.$ref SCHEMA_REFERENCE'],
    ['itself', object({ a: { $ref: '#' } }), '.properties.a.$ref SCHEMA_RECURSIVE'],
    ['itself at once', { type: 'object', allOf: [{ $ref: '#' }] }, '.allOf.0.$ref SCHEMA_RECURSIVE'],
    [
      'itself over two',
      object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }),
      'SCHEMA_RECURSIVE',
    ],
    ['a dynamic reference', object({ a: { $dynamicRef: '#x' } }), '.properties.a.$dynamicRef SCHEMA_RECURSIVE'],
    ['a name of its own', { $id: 'https://example.org/a', ...object({}) }, '.$id SCHEMA_REFERENCE'],
    ['a promise', { $async: true, ...object({}) }, '.$async SCHEMA_ASYNC'],
    ['deep', object({ a: nested(60) }), 'SCHEMA_TOO_DEEP'],
    ['doubling', doubling(15), ' SCHEMA_TOO_LARGE'],
    ['long', object({ a: { description: 'x'.repeat(300_000) } }), ' SCHEMA_TOO_LARGE'],
    ['a text of any length', object({ a: { type: 'string' } }), '.properties.a MAX_LENGTH_MISSING'],
    ['a text or nothing', object({ a: { type: ['string', 'null'] } }), '.properties.a MAX_LENGTH_MISSING'],
    [
      'a date and time of any length',
      object({ a: { type: 'string', format: 'date-time' } }),
      '.properties.a MAX_LENGTH_MISSING',
    ],
    ['an array of any length', object({ a: { type: 'array', items: text } }), '.properties.a MAX_ITEMS_MISSING'],
    ['as many names as there are', object({}, { additionalProperties: text }), ' MAX_PROPERTIES_MISSING'],
    ['items of no array', object({ a: { items: text } }), '.properties.a.items TYPE_MISSING'],
    ['a pattern of no text', object({ a: { pattern: '^a$' } }), '.properties.a.pattern TYPE_MISSING'],
    [
      'different objects',
      object({ a: { type: 'array', maxItems: 9, uniqueItems: true, items: object({}) } }),
      '.properties.a.uniqueItems UNIQUE_ITEMS_NOT_SCALAR',
    ],
    [
      'different items of any kind',
      object({ a: { type: 'array', maxItems: 9, uniqueItems: true } }),
      '.properties.a.uniqueItems UNIQUE_ITEMS_NOT_SCALAR',
    ],
    [
      'patterns of names',
      object({}, { patternProperties: { '(a+)+$': {} } }),
      '.patternProperties KEYWORD_NOT_ALLOWED',
    ],
    [
      'what is not evaluated',
      object({}, { unevaluatedProperties: false }),
      '.unevaluatedProperties KEYWORD_NOT_ALLOWED',
    ],
    ['definitions below', object({ a: { $defs: { d: text } } }), '.properties.a.$defs SCHEMA_REFERENCE'],
    [
      'a definition that breaks a rule',
      object({}, { $defs: { d: { type: 'string' } } }),
      '.$defs.d MAX_LENGTH_MISSING',
    ],
    ['a long pattern', object({ a: matching('a'.repeat(300)) }), '.properties.a.pattern PATTERN_TOO_LONG'],
    ['a large pattern', object({ a: matching('(a?){900}') }), '.properties.a.pattern PATTERN_TOO_COSTLY'],
    ['a back reference', object({ a: matching('(x)\\1') }), '.properties.a.pattern PATTERN_NOT_LINEAR'],
    ['a look-ahead', object({ a: matching('(?=a)b') }), '.properties.a.pattern PATTERN_NOT_LINEAR'],
    ['a look-behind', object({ a: matching('(?<=a)b') }), '.properties.a.pattern PATTERN_NOT_LINEAR'],
    [
      'the pattern that took five seconds',
      object({ a: matching('^a{0,999}a{0,999}a{0,999}a{0,999}b$', 200) }),
      '.properties.a.pattern PATTERN_TOO_COSTLY',
    ],
    [
      'patterns of long texts that leave choices',
      object({ a: matching('[ab]*a[ab]{60}$', 100_000) }),
      '.properties.a SCHEMA_TOO_COSTLY',
    ],
    [
      'lists in lists',
      object({
        a: { type: 'array', maxItems: 1_000, items: { type: 'array', maxItems: 1_000, items: object({ b: text }) } },
      }),
      '.properties.a.items.items SCHEMA_TOO_COSTLY',
    ],
    [
      'many properties of many items',
      object({
        a: {
          type: 'array',
          maxItems: 100_000,
          items: object(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, { type: 'integer' }]))),
        },
      }),
      '.properties.a.items SCHEMA_TOO_COSTLY',
    ],
  ])('is refused: %s', (_, schema, expected) => expect(read(schema)).toContain(expected));
});
