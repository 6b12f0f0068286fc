import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { DeliveryContent, DeliveryEncoding } from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Subscriber } from './subscriber.js';
import { FUND, PERSON, type SubscriptionClient, SURNAME, subscribed, toAll, World, whenListed } from './world.js';

const { DELIVERY_ENCODING_JSON: JSON_ENCODING, DELIVERY_ENCODING_PROTOBUF: PROTOBUF } = DeliveryEncoding;
/** Of a delivery of a mutation in JSON. */
interface Message {
  readonly mutation: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

const content = DeliveryContent.DELIVERY_CONTENT_DATA;

describe('the encoding of deliveries', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());

  const textOf = (data: Uint8Array) => Buffer.from(data).toString('utf8');

  it('is protobuf unless a subscriber chooses JSON', async () => {
    const { subscriptionId, encoding } = await subscribed(fund);
    expect(encoding).toBe(PROTOBUF);
    await world.publish(world.mutation(world.person(FUND)));
    await reads.count(subscriptionId, 1);
    const [{ event } = { event: undefined }] = reads.rawOf(subscriptionId);
    expect(event?.contentType).toBe('application/protobuf');
    expect(Delivery.decode(event?.data ?? new Uint8Array())).toMatchObject({ subscriptionId, sequence: 1n });
  });

  it('JSON is the same message in canonical proto3 JSON, with the same headers and a receipt that is believed', async () => {
    const { subscriptionId, encoding } = await subscribed(fund, { encoding: JSON_ENCODING });
    expect(encoding).toBe(JSON_ENCODING);
    const person = world.person(FUND);
    await world.publish(world.mutation(person, { effectiveDate: { year: 2026, month: 11, day: 1 } }));
    await reads.count(subscriptionId, 1);
    const [{ event } = { event: undefined }] = reads.rawOf(subscriptionId);
    expect(event).toMatchObject({
      contentType: 'application/json',
      id: `${subscriptionId}:0:1`,
      sequence: '00000000000000000001',
      partition: 0,
    });
    const { mutation, ...place } = JSON.parse(textOf(event?.data ?? new Uint8Array())) as Message;
    expect(place).toEqual({ deliveryVersion: 1, subscriptionId, sequence: '1' });
    expect(mutation).toMatchObject({
      ssin: person.ssin,
      dataService: PERSON,
      sourceRevision: '1',
      changedFieldGroups: ['name', 'address'],
      data: { name: { surname: SURNAME }, address: { city: 'Gent', revision: '1' } },
      effectiveDate: { year: 2026, month: 11, day: 1 },
      recordedTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      receipt: { askCommitment: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) },
      ask: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
    });
    const { jsonSchema } = await fund.getSchemas({});
    const ajv = new Ajv2020({ strict: false });
    formats.default(ajv);
    const isValid = ajv.compile(JSON.parse(jsonSchema));
    expect([isValid({ ...place, mutation }), isValid.errors]).toEqual([true, null]);
    expect(isValid({ ...place, mutation: { ...mutation, sourceRevision: 1 } })).toBe(false);
    // The SDK has checked the receipt against the ask.
    expect(reads.faults).toEqual([]);
  });

  it('changes with the next mutation; what has its number keeps the encoding, and so do the bytes under it', async () => {
    const { subscriptionId } = await subscribed(fund);
    const person = world.person(FUND);
    const which = { subscriptionId, content, fieldGroups: [] };
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    await world.publish(world.mutation(person));
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 1n);
    await fund.changeSubscription({ ...which, requestId: newRequestId(), encoding: JSON_ENCODING });
    await world.publish(world.mutation(person));
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 2n);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId });
    await reads.count(subscriptionId, 2);
    await fund.changeSubscription({ ...which, requestId: newRequestId(), encoding: PROTOBUF });
    await world.publish(world.mutation(person));
    await reads.count(subscriptionId, 3);
    expect(reads.rawOf(subscriptionId).map(({ event }) => event.contentType)).toEqual([
      'application/protobuf',
      'application/json',
      'application/protobuf',
    ]);
    expect(reads.mutations(subscriptionId).map(({ sourceRevision }) => sourceRevision)).toEqual([1n, 2n, 3n]);
  });

  it('a replay comes in the encoding of today, and the closing notice in that of the subscription', async () => {
    const { subscriptionId } = await subscribed(fund);
    await world.publish(world.mutation(world.person(FUND)));
    await reads.count(subscriptionId, 1);
    const change = { requestId: newRequestId(), subscriptionId, content, fieldGroups: [], encoding: JSON_ENCODING };
    await fund.changeSubscription(change);
    await fund.replayDeliveries({
      requestId: newRequestId(),
      subscriptionId,
      from: { $case: 'sequences', value: { lanes: [{ lane: 0, sequence: 1n }] } },
    });
    await reads.count(subscriptionId, 3);
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId });
    await reads.count(subscriptionId, 4);
    const raw = reads.rawOf(subscriptionId).map(({ event }) => event);
    expect(raw.map(({ contentType }) => contentType?.split('/')[1])).toEqual(['protobuf', 'json', 'json', 'json']);
    expect(JSON.parse(textOf(raw[3]?.data ?? new Uint8Array()))).toMatchObject({
      sequence: '4',
      closing: { reason: 'CLOSED_BY_SUBSCRIBER' },
    });
  });

  it('one that does not exist is refused', async () => {
    const encoding = 9 as DeliveryEncoding;
    const refusal = { metadata: { field: 'encoding', rule: 'UNKNOWN_ENCODING' } };
    expect(await refusalOf(fund.subscribe(toAll({ encoding })))).toMatchObject(refusal);
    const { subscriptionId } = await subscribed(fund);
    const change = { requestId: newRequestId(), subscriptionId, content, fieldGroups: [], encoding };
    expect(await refusalOf(fund.changeSubscription(change))).toMatchObject(refusal);
  });
});
