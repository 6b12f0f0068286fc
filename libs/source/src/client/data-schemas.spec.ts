import { compileDataService } from '@crossroads/policy';
import { describe, expect, it } from '@jest/globals';
import { DataSchemas } from './data-schemas.js';

const service = (jsonSchema: Record<string, unknown>) =>
  compileDataService({
    dataService: 'spec.v1',
    title: '',
    jsonSchema,
    fieldGroups: [
      { name: 'name', paths: ['name'] },
      { name: 'street', paths: ['addresses.street'] },
      { name: 'town', paths: ['addresses.town'] },
    ],
    supplier: undefined,
    reporters: [],
  });

const schema = {
  type: 'object',
  required: ['name', 'addresses'],
  properties: {
    name: { type: 'object', required: ['given'], properties: { given: { type: 'string' } } },
    addresses: {
      type: 'array',
      items: {
        type: 'object',
        required: ['street', 'town'],
        properties: { street: { type: 'string' }, town: { type: 'string' } },
      },
    },
  },
};

describe('data of some field groups', () => {
  const schemas = new DataSchemas();
  const keywords = (groups: string[], data: unknown, json: Record<string, unknown> = schema) =>
    schemas.violations(service(json), groups, data);

  it('may lack the properties of other groups', () => {
    expect(keywords(['name'], { name: { given: 'A' } })).toEqual([]);
    expect(keywords(['street'], { addresses: [{ street: 'B' }] })).toEqual([]);
  });

  it('need all properties of their groups, and those that lead to them', () => {
    expect(keywords(['name'], { name: {} })).toEqual([{ path: 'name.given', keyword: 'required' }]);
    expect(keywords(['street'], {})).toEqual([{ path: 'addresses', keyword: 'required' }]);
    expect(keywords(['street', 'town'], { addresses: [{ street: 'B' }] })).toEqual([
      { path: 'addresses.town', keyword: 'required' },
    ]);
  });

  it('break the schema for any violation other than a missing property', () => {
    expect(keywords(['name'], { name: { given: 'A' }, addresses: 'nowhere' })).toEqual([
      { path: 'addresses', keyword: 'type' },
    ]);
    expect(keywords([], [])).toEqual([{ path: '', keyword: 'type' }]);
  });

  it('break a schema that does not compile, or that refers to another document', () => {
    expect(keywords(['name'], {}, { type: 'nonsense' })).toHaveLength(1);
    expect(keywords(['name'], {}, { $ref: 'https://example.org/schema.json' })).toHaveLength(1);
  });
});
