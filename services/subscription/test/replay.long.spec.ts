import { randomUUID } from 'node:crypto';
import { readDeliveries } from '@crossroads/client';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { ReplayDeliveriesRequest } from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { journalOf } from './journal.js';
import type { Subscriber } from './subscriber.js';
import { FUND, OFFICE, type Person, type SubscriptionClient, subscribed, World, whenListed } from './world.js';

describe('replay', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let id: string;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());
  beforeEach(async () => {
    id = (await subscribed(fund)).subscriptionId;
  });
  afterEach(async () => {
    world.grant('fund', FUND, ['name', 'address']);
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
    reads.requireSound(id);
    expect(reads.faults).toEqual([]);
  });

  /** Mutations of as many persons, once they are delivered. */
  const deliver = async (count: number): Promise<Person[]> => {
    const people = Array.from({ length: count }, () => world.person(FUND));
    const before = reads.of(id).length;
    await Promise.all(people.map((person) => world.registry.append(world.mutation(person))));
    await reads.count(id, before + count);
    return people;
  };
  const from = (sequence: bigint, lane = 0): ReplayDeliveriesRequest => ({
    requestId: newRequestId(),
    subscriptionId: id,
    from: { $case: 'sequences', value: { lanes: [{ lane, sequence }] } },
  });
  const since = (time: Date): ReplayDeliveriesRequest => ({ ...from(1n), from: { $case: 'time', value: time } });
  const replay = async (request: ReplayDeliveriesRequest): Promise<string> =>
    (await fund.replayDeliveries(request)).replay?.replayId ?? '';
  const endOf = async (replayId: string) => {
    const isEnd = ({ content }: Delivery) => content?.$case === 'replayEnd' && content.value.replayId === replayId;
    await eventually(() => reads.of(id).some(isEnd), Boolean);
    const all = reads.of(id);
    const end = all.find(isEnd);
    if (end?.content?.$case !== 'replayEnd') throw new Error('no end');
    return {
      end: end.content.value,
      again: all.filter((one) => one.replay?.replayId === replayId),
      resync: all.flatMap(({ content }) =>
        content?.$case === 'resync' && content.value.replayId === replayId ? [content.value] : [],
      ),
    };
  };
  const ssinOf = ({ content }: Delivery) => (content?.$case === 'mutation' ? content.value.ssin : '');

  it('deliveries are sent again with new numbers that name the first ones, and end with how many they were', async () => {
    await deliver(4);
    const first = reads.of(id);
    const { end, again } = await endOf(await replay(from(2n)));
    expect(end).toMatchObject({ delivered: 3n, withheld: 0n });
    expect(again.map(({ sequence, replay: of }) => [sequence, of?.sequence])).toEqual([
      [5n, 2n],
      [6n, 3n],
      [7n, 4n],
    ]);
    expect(again.map(ssinOf)).toEqual(first.slice(1).map(ssinOf));
    const contentOf = (one: Delivery | undefined) =>
      one?.content?.$case === 'mutation' ? one.content.value : undefined;
    expect(contentOf(again[0])).toMatchObject({
      data: contentOf(first[1])?.data,
      sourceRevision: contentOf(first[1])?.sourceRevision,
    });
    // It is an access of its own.
    expect(contentOf(again[0])?.ticket).not.toBe(contentOf(first[1])?.ticket);
    const journal = await journalOf(mesh, running.port);
    for (const one of again)
      expect(journal.get(contentOf(one)?.ticket ?? '')?.record).toMatchObject({ subscriptionId: id });
    await deliver(1);
    expect(reads.of(id).at(-1)?.sequence).toBe(9n);
  });

  it('a replay is not replayed again: each delivery comes once a replay', async () => {
    await deliver(2);
    await endOf(await replay(from(1n)));
    const { end, again } = await endOf(await replay(from(1n)));
    expect(end).toMatchObject({ delivered: 2n });
    expect(again.map(({ replay: of }) => of?.sequence)).toEqual([1n, 2n]);
  });

  it('a replay is decided by the authorization of today', async () => {
    const [gone, still] = await deliver(2);
    if (!gone || !still) throw new Error('nobody');
    world.directory.put(gone, [[OFFICE, 'CIN:AFFILIATED']]);
    world.grant('fund', FUND, ['address']);
    const { end, again } = await endOf(
      await eventually(
        () => replay(from(1n)),
        (one) => one !== '',
      ),
    );
    expect(end).toMatchObject({ delivered: 1n, withheld: 1n });
    expect(again.map(({ content }) => content)).toMatchObject([
      { value: { ssin: still.ssin, changedFieldGroups: ['address'], data: { address: { city: 'Gent' } } } },
    ]);
    expect(
      again.map(({ content }) => (content?.$case === 'mutation' ? Object.keys(content.value.data ?? {}) : [])),
    ).toEqual([['address']]);
  });

  it('a replay from an instant begins with what was delivered since', async () => {
    await deliver(2);
    await world.asAdmin((client) =>
      client.query(
        `update deliveries set created_at = created_at - interval '1 hour' where subscription_id = $1 and sequence = 1`,
        [id],
      ),
    );
    const { again } = await endOf(await replay(since(new Date(Date.now() - 30 * 60_000))));
    expect(again.map(({ replay: of }) => of?.sequence)).toEqual([2n]);
    expect((await endOf(await replay(since(new Date(Date.now() + 60_000))))).again).toEqual([]);
  });

  it('who was away for longer than deliveries are kept is told to start anew, and gets those that are left', async () => {
    await deliver(3);
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.sentSequence === 3n);
    await world.asAdmin((client) =>
      client.query(
        `update deliveries set created_at = created_at - interval '40 days' where subscription_id = $1 and sequence <= 2`,
        [id],
      ),
    );
    await running.stop();
    await running.launch();
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.firstSequence === 3n);
    for (const request of [from(1n), since(new Date(Date.now() - 50 * 86_400_000))]) {
      const { end, again, resync } = await endOf(await replay(request));
      expect(resync).toMatchObject([{ firstSequence: 3n }]);
      expect(again.map(({ replay: of }) => of?.sequence)).toEqual([3n]);
      expect(end).toMatchObject({ delivered: 1n, withheld: 0n });
    }
    expect((await endOf(await replay(from(3n)))).resync).toEqual([]);
  });

  it('a subscriber that was away for 40 days recovers by itself', async () => {
    const people = await deliver(4);
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.sentSequence === 4n);
    await world.asAdmin((client) =>
      client.query(
        `update deliveries set created_at = created_at - interval '40 days' where subscription_id = $1 and sequence <= 2`,
        [id],
      ),
    );
    await running.stop();
    await running.launch();
    await whenListed(fund, id, ({ lanes }) => lanes[0]?.firstSequence === 3n);
    // Its topic has nothing of before either.
    const bus = new pg.Client({ connectionString: mesh.bus.database?.adminUrl });
    await bus.connect();
    await bus.query("delete from bus.messages where topic like 'crossroads.deliveries.%'");
    await bus.end();
    const taken: Delivery[] = [];
    let last = 1n;
    const faults: unknown[] = [];
    await readDeliveries({
      broker: await world.bus(FUND),
      topic: `crossroads.deliveries.${FUND}.v1`,
      group: `${FUND}.away`,
      receipts: mesh.receipts,
      lastSequence: (subscriptionId) => (subscriptionId === id ? last : undefined),
      onDelivery: (delivery) => {
        if (delivery.subscriptionId !== id) return;
        last = delivery.sequence;
        taken.push(delivery);
      },
      onGap: async ({ from: first }) => {
        await replay(from(first));
      },
      onError: (error) => void faults.push(error),
    });
    await deliver(1);
    const has = (kind: string) => taken.some(({ content }) => content?.$case === kind);
    await eventually(() => has('replayEnd') && has('snapshotEnd'), Boolean);
    expect(faults).toEqual([]);
    expect(taken.map(({ sequence }) => sequence)).toEqual(taken.map((_, index) => BigInt(index + 5)));
    const isOfSnapshot = ({ content }: Delivery) => content?.$case === 'snapshot' || content?.$case === 'snapshotEnd';
    expect(
      taken.filter((one) => !isOfSnapshot(one)).map(({ content, replay: of }) => [content?.$case, of?.sequence]),
    ).toEqual([
      ['mutation', undefined],
      ['resync', undefined],
      ['mutation', 3n],
      ['mutation', 4n],
      ['mutation', 5n],
      ['replayEnd', undefined],
    ]);
    // Also those whose changes are gone.
    const inSnapshot = taken.flatMap(({ content }) => (content?.$case === 'snapshot' ? [content.value.ssin] : []));
    expect(inSnapshot).toEqual(expect.arrayContaining(people.map(({ ssin }) => ssin)));
    expect(new Set(inSnapshot).size).toBe(inSnapshot.length);
  });

  it('each delivery comes again once, in its order, although the process is killed again and again', async () => {
    const people = await deliver(520);
    const first = reads.of(id).map(ssinOf);
    expect(new Set(first).size).toBe(people.length);
    const replayId = await replay(from(1n));
    for (let n = 1; n <= 2; n++) {
      await eventually(
        () => reads.of(id).length,
        (count) => count > 520 + n,
      );
      await running.stop('SIGKILL');
      await running.launch();
    }
    const { end, again } = await endOf(replayId);
    expect(end).toMatchObject({ delivered: 520n, withheld: 0n });
    expect(again.map(({ replay: of }) => of?.sequence)).toEqual(again.map((_, index) => BigInt(index + 1)));
    expect(again.map(ssinOf)).toEqual(first);
    expect(await fund.getSubscription({ subscriptionId: id })).toMatchObject({
      subscription: { subscriptionId: id, lastSequence: 1_041n },
      replays: [
        { replayId, lanes: [{ lane: 0, fromSequence: 1n, toSequence: 520n, nextSequence: 521n, delivered: 520n }] },
      ],
    });
  });

  it('a repeated request begins no second replay', async () => {
    await deliver(1);
    const request = from(1n);
    const begun = await fund.replayDeliveries(request);
    await endOf(begun.replay?.replayId ?? '');
    expect(await fund.replayDeliveries(request)).toEqual(begun);
    expect((await fund.getSubscription({ subscriptionId: id })).replays).toHaveLength(1);
  });

  it('a request that cannot be replayed says why', async () => {
    await deliver(1);
    const lanes = (...places: readonly (readonly [number, bigint])[]): ReplayDeliveriesRequest => ({
      ...from(1n),
      from: { $case: 'sequences', value: { lanes: places.map(([lane, sequence]) => ({ lane, sequence })) } },
    });
    const bad: readonly (readonly [ReplayDeliveriesRequest, string, string])[] = [
      [{ ...from(1n), from: undefined }, 'from', 'REQUIRED'],
      [lanes(), 'sequences.lanes', 'REQUIRED'],
      [from(0n), 'sequences.lanes[0].sequence', 'INVALID_SEQUENCE'],
      [from(3n), 'sequences.lanes[0].sequence', 'BEYOND_LAST'],
      [from(1n, 1), 'sequences.lanes[0].lane', 'UNKNOWN_LANE'],
      [lanes([0, 1n], [0, 1n]), 'sequences.lanes[1].lane', 'REPEATED'],
    ];
    for (const [request, field, rule] of bad)
      expect(await refusalOf(fund.replayDeliveries(request))).toMatchObject({ metadata: { field, rule } });
    const office = world.client(running, OFFICE);
    expect(await refusalOf(office.replayDeliveries(from(1n)))).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
    expect(await refusalOf(office.getSubscription({ subscriptionId: id }))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
    expect(await refusalOf(fund.getSubscription({ subscriptionId: randomUUID() }))).toMatchObject({
      reason: 'RESOURCE_NOT_FOUND',
    });
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
    expect(await refusalOf(fund.replayDeliveries(from(1n)))).toMatchObject({ reason: 'SUBSCRIPTION_NOT_OPEN' });
  });
});
