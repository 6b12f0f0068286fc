import { Database } from '@crossroads/database';
import type { CloudEvent } from '@crossroads/messaging';
import { eventually, refusalOf } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { PersonMutationConsumer } from '../src/mutation/mutation.consumer.js';
import { service } from '../src/service.js';
import type { Subscriber } from './subscriber.js';
import { FUND, OFFICE, type Person, type SubscriptionClient, subscribed, toAll, World } from './world.js';

const LANES = 4;
const TOPIC = 'crossroads.person.v1';

/** A subscriber's topic of several partitions. */
describe('lanes', () => {
  let mesh: TestMesh;
  let world: World;
  let running: InProcessService;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let sent = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription', { bus: 'kafka' });
    world = await World.create(mesh);
    running = await mesh.startInProcess(service, AppModule);
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund, { lanes: LANES })).topic);
  });
  afterAll(() => mesh.stop());

  const eventOf = (person: Person, partition: number): CloudEvent => ({
    id: `lanes ${++sent}`,
    source: 'urn:crossroads:service:person-registry',
    service: TOPIC,
    type: `${TOPIC}.persons.notify.changed`,
    time: new Date(),
    key: person.personId,
    partition,
    data: world.mutation(person).data,
  });
  /** As a consumer of these log partitions takes them in: one transaction, which commits once `held` resolves. */
  const take = async (events: readonly CloudEvent[], held: () => Promise<unknown> = async () => undefined) => {
    const consumer = running.application.get(PersonMutationConsumer, { strict: false });
    const readings = await consumer.read(events);
    await running.application.get(Database, { strict: false }).transaction(async (tx) => {
      await consumer.handle(
        readings.flatMap(({ items }) => items),
        tx,
      );
      await held();
    });
  };
  const people = (count: number) => Array.from({ length: count }, () => world.person(FUND));

  it('the sequence is dense in each lane, and a person’s changes are in one lane in their order', async () => {
    const { subscriptionId, lanes } = await subscribed(fund);
    expect(lanes.map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
    const somebody = people(16);
    for (let round = 0; round < 3; round++)
      await Promise.all(
        [0, 4, 8, 12].map((from) =>
          take([from, from + 1, from + 2, from + 3].flatMap((n) => (somebody[n] ? [eventOf(somebody[n], n)] : []))),
        ),
      );
    const all = await reads.count(subscriptionId, 48);
    for (let lane = 0; lane < LANES; lane++)
      expect(all.filter((one) => one.lane === lane).map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 12 }, (_, index) => BigInt(index + 1)),
      );
    const lanesOf = Map.groupBy(all, ({ content }) => (content?.$case === 'mutation' ? content.value.ssin : ''));
    for (const [n, { ssin }] of somebody.entries()) {
      const theirs = lanesOf.get(ssin) ?? [];
      expect(theirs.map(({ lane }) => lane)).toEqual([n % LANES, n % LANES, n % LANES]);
      expect(
        theirs.flatMap(({ content }) => (content?.$case === 'mutation' ? content.value.sourceRevision : [])),
      ).toEqual([1n, 2n, 3n]);
    }
    expect(reads.faults).toEqual([]);
  });

  it('each lane is a partition of the topic', async () => {
    const { subscriptionId } = await subscribed(fund);
    const somebody = people(4);
    await take(somebody.map((person, n) => eventOf(person, n)));
    await eventually(
      () => reads.rawOf(subscriptionId).length,
      (count) => count === 4,
    );
    for (const { event, delivery } of reads.rawOf(subscriptionId))
      expect(event.partition).toBe(mesh.bus.kind === 'kafka' ? delivery.lane : event.partition);
  });

  it('a slow transaction in one lane does not hold another lane up, but its own', async () => {
    const { subscriptionId } = await subscribed(fund);
    const somebody = people(3);
    const [first, other, same] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), { done: false }];
    const [one, two, three] = somebody;
    if (!one || !two || !three) throw new Error('nobody');
    const slow = take([eventOf(one, 0)], () => {
      other.resolve();
      return first.promise;
    });
    await other.promise;
    await take([eventOf(two, 1)]);
    const waiting = take([eventOf(three, 4)]).then(() => {
      same.done = true;
    });
    await reads.count(subscriptionId, 1);
    expect(same.done).toBe(false);
    first.resolve();
    await Promise.all([slow, waiting]);
    await reads.count(subscriptionId, 3);
  });

  it('the closing notice ends each lane', async () => {
    const { subscriptionId } = await subscribed(fund);
    await fund.closeSubscription({ requestId: toAll().requestId, subscriptionId });
    const all = await reads.count(subscriptionId, LANES);
    expect(all.map(({ content }) => content?.$case)).toEqual(Array.from({ length: LANES }, () => 'closing'));
    expect(new Set(all.map(({ lane }) => lane)).size).toBe(LANES);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 1n, 1n, 1n]);
  });

  it('the first subscription fixes the lanes of an institution', async () => {
    expect(await refusalOf(fund.subscribe(toAll({ lanes: 16 })))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'LANES_FIXED',
      metadata: { lanes: '4' },
    });
    expect(await refusalOf(fund.subscribe(toAll({ lanes: 3 })))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      metadata: { field: 'lanes', rule: 'INVALID_LANES' },
    });
    const office = world.client(running, OFFICE);
    expect((await subscribed(office)).lanes).toHaveLength(1);
    expect((await subscribed(office, { lanes: 1 })).lanes).toHaveLength(1);
  });
});
