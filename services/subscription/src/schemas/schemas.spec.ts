import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { registryOf } from './descriptors.js';
import { schemas } from './schemas.js';

const PUBLISHED = join(import.meta.dirname, '../../../../../libs/client/schemas');

const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    name === '$ref' && typeof one === 'string' ? [one] : refsIn(one),
  );
};

const at = (document: unknown, ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce((value: unknown, name) => (value as Record<string, unknown> | undefined)?.[name], document);

describe('the schemas of deliveries', () => {
  const { asyncApi, descriptors, jsonSchema } = schemas();

  it('every reference in the documents leads to something', () => {
    for (const text of [asyncApi, jsonSchema]) {
      const document: unknown = JSON.parse(text);
      const refs = refsIn(document);
      expect(refs.length).toBeGreaterThan(5);
      expect(refs.filter((ref) => at(document, ref) === undefined)).toEqual([]);
    }
    expect(at(JSON.parse(asyncApi), '#/components/absent')).toBeUndefined();
  });

  it("the AsyncAPI document describes the subscriber's topic, with both encodings and mTLS", () => {
    expect(JSON.parse(asyncApi)).toMatchObject({
      asyncapi: '3.0.0',
      servers: { kafka: { protocol: 'kafka-secure', security: [{ $ref: '#/components/securitySchemes/mtls' }] } },
      channels: {
        deliveries: {
          address: 'crossroads.deliveries.{enterpriseNumber}.v1',
          messages: { protobuf: {}, json: {} },
        },
      },
      operations: { readDeliveries: { action: 'receive', channel: { $ref: '#/channels/deliveries' } } },
      components: {
        schemas: { Delivery: { properties: { sequence: { type: 'string' }, lane: { type: 'integer' } } } },
      },
    });
  });

  it('the descriptors are complete: they make the messages of deliveries and of the service', () => {
    const registry = registryOf(fromBinary(FileDescriptorSetSchema, descriptors));
    expect(registry.getMessage('crossroads.delivery.v1.Delivery')).toBeDefined();
    expect(registry.getMessage('crossroads.subscription.v1.ReplayDeliveriesRequest')).toBeDefined();
    const { file } = fromBinary(FileDescriptorSetSchema, descriptors);
    const halved = create(FileDescriptorSetSchema, { file: file.slice(-1) });
    expect(() => registryOf(halved)).toThrow();
  });

  it('what the client publishes of them is current: npm run schemas', () => {
    expect(readFileSync(join(PUBLISHED, 'asyncapi.json'), 'utf8')).toBe(`${asyncApi}\n`);
    expect(readFileSync(join(PUBLISHED, 'delivery.schema.json'), 'utf8')).toBe(`${jsonSchema}\n`);
  });
});
