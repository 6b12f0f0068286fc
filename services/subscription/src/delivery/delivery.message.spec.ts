import { fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { descriptorsOfDeliveries, registryOf } from '../schemas/descriptors.js';
import { jsonOf } from './delivery.message.js';

const registry = registryOf(descriptorsOfDeliveries());
const schema = registry.getMessage('crossroads.delivery.v1.Delivery');
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const number = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const time = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

const told = {
  ssin: fc.string(),
  dataService: fc.string(),
  sourceRevision: number,
  changedFieldGroups: fc.array(fc.string(), { maxLength: 3 }),
  recordedTime: time,
  deliberationId: fc.string(),
  policyRevision: number,
  ticket: fc.string(),
  receipt: fc.option(fc.record({ receiptVersion: fc.nat(), askCommitment: bytes, time, batchPath: fc.array(bytes) }), {
    nil: undefined,
  }),
  ask: bytes,
  askSalt: bytes,
  reasserted: fc.boolean(),
};
/** JSON has one zero: `JSON.stringify(-0)` is "0". */
const data = fc.dictionary(
  fc.string(),
  fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
);

const delivery = fc.record({
  deliveryVersion: fc.constant(1),
  subscriptionId: fc.uuid(),
  sequence: number,
  lane: fc.nat(15),
  replay: fc.option(fc.record({ replayId: fc.uuid(), sequence: number }), { nil: undefined }),
  content: fc.oneof(
    fc.record({
      $case: fc.constant('mutation' as const),
      value: fc.record({
        ...told,
        data,
        filtered: fc.array(fc.record({ path: fc.string(), fieldGroup: fc.string(), reason: fc.string() })),
        effectiveDate: fc.option(fc.record({ year: fc.nat(9999), month: fc.nat(12), day: fc.nat(31) }), {
          nil: undefined,
        }),
      }),
    }),
    fc.record({ $case: fc.constant('notification' as const), value: fc.record(told) }),
    fc.record({ $case: fc.constant('closing' as const), value: fc.record({ reason: fc.string(), time }) }),
    fc.constant(undefined),
  ),
});

describe('a delivery in JSON', () => {
  it("is what protobuf's own library writes as JSON of the same bytes, and reads back to the same message", () => {
    if (!schema) throw new Error('the descriptors lack the delivery');
    fc.assert(
      fc.property(delivery, (made) => {
        const encoded = Delivery.encode(Delivery.fromPartial(made)).finish();
        const json = JSON.parse(Buffer.from(jsonOf(encoded)).toString('utf8')) as JsonValue;
        const expected = toJson(schema, fromBinary(schema, encoded), { registry });
        expect(withTimes(json)).toEqual(withTimes(expected));
        expect(Delivery.fromJSON(json)).toEqual(Delivery.decode(encoded));
      }),
    );
  });
});

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** A time may have 0, 3, 6 or 9 digits of a second. */
const withTimes = (value: JsonValue): JsonValue =>
  JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    typeof one === 'string' && TIME.test(one) ? new Date(one).toISOString() : one,
  ) as JsonValue;
