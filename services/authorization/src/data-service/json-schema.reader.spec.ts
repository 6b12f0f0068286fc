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
const nested = (depth: number): object =>
  depth === 0 ? { type: 'string' } : { type: 'array', items: nested(depth - 1) };
const doubling = (levels: number) => ({
  type: 'object',
  $defs: Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [
      `d${level}`,
      level === 0
        ? { type: 'string' }
        : { allOf: [{ $ref: `#/$defs/d${level - 1}` }, { $ref: `#/$defs/d${level - 1}` }] },
    ]),
  ),
  properties: { a: { $ref: `#/$defs/d${levels - 1}` } },
});

describe('a JSON Schema', () => {
  it.each<[string, { readonly [key: string]: unknown }]>([
    ['plain', object({ name: { type: 'string', format: 'date' } })],
    ['with its dialect', { $schema: 'https://json-schema.org/draft/2020-12/schema', ...object({}) }],
    [
      'with definitions',
      object({ a: { $ref: '#/$defs/d' }, b: { $ref: '#/$defs/d' } }, { $defs: { d: { type: 'string' } } }),
    ],
    ['with careful patterns', object({ a: { type: 'string', pattern: '^[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?$' } })],
    ['with repeated plain groups', object({ a: { type: 'string', pattern: '^([a-z]{2}\\.)+$' } })],
  ])('is taken: %s', (_, schema) => expect(read(schema)).toBe('ok'));

  it.each<[string, { readonly [key: string]: unknown } | undefined, string]>([
    ['none', undefined, ' REQUIRED'],
    ['of no object', { type: 'array' }, '.type SCHEMA_NOT_OF_AN_OBJECT'],
    ['an unknown type', object({ a: { type: 'text' } }), '.properties.a.type INVALID_SCHEMA'],
    ['a negative length', object({ a: { type: 'string', minLength: -1 } }), '.properties.a.minLength INVALID_SCHEMA'],
    ['an unknown keyword', object({ a: { type: 'string', maximumLength: 3 } }), ' INVALID_SCHEMA'],
    ['an unknown format', object({ a: { type: 'string', format: 'ssin' } }), ' INVALID_SCHEMA'],
    ['a pattern that is none', object({ a: { type: 'string', pattern: '(' } }), '.properties.a.pattern INVALID_SCHEMA'],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#', ...object({}) }, ' INVALID_SCHEMA'],
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
    ['long', object({ a: { type: 'string', description: 'x'.repeat(300_000) } }), ' SCHEMA_TOO_LARGE'],
    [
      'a long pattern',
      object({ a: { type: 'string', pattern: 'a'.repeat(300) } }),
      '.properties.a.pattern PATTERN_TOO_LONG',
    ],
    [
      'a pattern of names',
      object({}, { patternProperties: { '(a+)+$': {} } }),
      '.patternProperties PATTERN_TOO_COSTLY',
    ],
  ])('is refused: %s', (_, schema, expected) => expect(read(schema)).toContain(expected));

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '([a-z]+)*x',
    '((ab)+c?)+',
    '(a?){30}b',
    'a*a*a*a*b',
    '(x)\\1',
    '(?=a)b',
    '(?<n>a)',
    'a{100000}',
    '(a{1,9}){5}',
    '(?:a|b|ab)+',
  ])('is refused for its pattern: %s', (pattern) =>
    expect(read(object({ a: { type: 'string', pattern } }))).toContain('.properties.a.pattern PATTERN_TOO_COSTLY'),
  );
});
