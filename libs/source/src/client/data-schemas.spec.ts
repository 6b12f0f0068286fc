import { compileDataService } from '@crossroads/policy';
import { afterAll, describe, expect, it } from '@jest/globals';
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

const text = { type: 'string', maxLength: 20 };
const schema = {
  type: 'object',
  required: ['name', 'addresses'],
  properties: {
    name: { type: 'object', required: ['given'], properties: { given: text } },
    addresses: {
      type: 'array',
      maxItems: 100_000,
      items: {
        type: 'object',
        required: ['street', 'town'],
        properties: { street: text, town: text },
      },
    },
  },
};

describe('data of some field groups', () => {
  const schemas = new DataSchemas();
  afterAll(() => schemas.onApplicationShutdown());
  const violation = (groups: string[], data: unknown, json: Record<string, unknown> = schema) =>
    schemas.violation(service(json), groups, data);

  it('may lack the properties of other groups', async () => {
    expect(await violation(['name'], { name: { given: 'A' } })).toBeUndefined();
    expect(await violation(['street'], { addresses: [{ street: 'B' }] })).toBeUndefined();
  });

  it('need all properties of their groups, and those that lead to them', async () => {
    expect(await violation(['name'], { name: {} })).toEqual({ path: 'name.given', keyword: 'required' });
    expect(await violation(['street'], {})).toEqual({ path: 'addresses', keyword: 'required' });
    expect(await violation(['street', 'town'], { addresses: [{ street: 'B' }] })).toEqual({
      path: 'addresses.town',
      keyword: 'required',
    });
  });

  it('need them behind a reference as well', async () => {
    const referring = {
      type: 'object',
      properties: {
        name: { $ref: '#/$defs/name' },
        addresses: { type: 'array', maxItems: 9, items: { $ref: '#/$defs/address' } },
      },
      $defs: { name: schema.properties.name, address: schema.properties.addresses.items },
    };
    expect(await violation(['name'], { name: {} }, referring)).toEqual({ path: 'name.given', keyword: 'required' });
    expect(await violation(['street'], { addresses: [{ street: 'B' }] }, referring)).toBeUndefined();
  });

  it('need what an alternative requires, of whichever group it is', async () => {
    const either = { ...schema, required: [], anyOf: [{ required: ['name'] }, { required: ['other'] }] };
    expect(await violation(['street'], { addresses: [{ street: 'B' }] }, either)).toMatchObject({ path: '' });
  });

  it('break the schema for any violation other than a missing property', async () => {
    expect(await violation(['name'], { name: { given: 'A' }, addresses: 'nowhere' })).toEqual({
      path: 'addresses',
      keyword: 'type',
    });
    expect(await violation([], [])).toEqual({ path: '', keyword: 'type' });
    expect(await violation(['name'], { name: { given: 'A'.repeat(21) } })).toEqual({
      path: 'name.given',
      keyword: 'maxLength',
    });
    expect(await violation(['name'], { name: { given: '😀'.repeat(20) } })).toBeUndefined();
  });

  it('break a schema that does not compile, that refers to another document, or that is outside the profile', async () => {
    for (const json of [
      { type: 'nonsense' },
      { $ref: 'https://example.org/schema.json' },
      { type: 'object', properties: { name: { type: 'string' } } },
    ])
      expect(await violation(['name'], {}, json)).toEqual({ path: '', keyword: '$schema' });
  });

  it('have objects of a thousand names at most, and a hundred levels', async () => {
    const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, 1]));
    expect(await violation(['name'], { name: { given: 'A' }, ...names(999) })).toBeUndefined();
    expect(await violation(['name'], { name: { given: 'A' }, ...names(1_000) })).toMatchObject({
      keyword: 'maxProperties',
    });
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    expect(await violation(['name'], { name: { given: 'A' }, deep })).toMatchObject({ keyword: 'depth' });
  });

  it('are validated beside the event loop when they are large', async () => {
    const large = { addresses: Array.from({ length: 20_000 }, () => ({ street: 'B' })) };
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 0);
    expect(await violation(['street'], large)).toBeUndefined();
    expect(await violation(['street', 'town'], large)).toEqual({ path: 'addresses.town', keyword: 'required' });
    clearInterval(turning);
    expect(turns).toBeGreaterThan(0);
  });
});
