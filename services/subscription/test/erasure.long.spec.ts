import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Subscriber } from './subscriber.js';
import { FUND, type Person, type SubscriptionClient, subscribed, World, whenListed } from './world.js';

describe('deliveries of a person who was erased', () => {
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

  /** Destroys the person's key, also that which the process remembers. */
  const erase = async ({ personId }: Person) => {
    const client = new pg.Client({ connectionString: mesh.databases.keys?.adminUrl });
    await client.connect();
    await client.query(
      `insert into subject_keys (person_id, destroyed_at, reason) values ($1, now(), 'UNLAWFUL')
       on conflict (person_id) do update set wrapped_key = null, destroyed_at = now(), reason = 'UNLAWFUL'`,
      [personId],
    );
    await client.end();
    await running.stop();
    await running.launch();
  };

  it('a later mutation of the person is delivered to nobody, and holds up nobody else', async () => {
    const { subscriptionId } = await subscribed(fund);
    const [erased, other] = [world.person(FUND), world.person(FUND)];
    await erase(erased);
    await world.publish(world.mutation(erased), world.mutation(other));
    await reads.count(subscriptionId, 1);
    expect(reads.mutations(subscriptionId)).toMatchObject([{ ssin: other.ssin }]);
  });

  it('what was numbered before keeps its number without content, and a replay leaves it out', async () => {
    const { subscriptionId } = await subscribed(fund);
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    const [erased, other] = [world.person(FUND), world.person(FUND)];
    // One after the other: there is no order between persons.
    await world.publish(world.mutation(erased));
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 1n);
    await world.publish(world.mutation(other));
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 2n);
    await erase(erased);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId });
    const sent = await reads.count(subscriptionId, 2);
    expect(sent.map(({ sequence, content }) => [sequence, content?.$case])).toEqual([
      [1n, undefined],
      [2n, 'mutation'],
    ]);
    await fund.replayDeliveries({
      requestId: newRequestId(),
      subscriptionId,
      from: { $case: 'sequences', value: { lanes: [{ lane: 0, sequence: 1n }] } },
    });
    const all = await reads.count(subscriptionId, 4);
    expect(all[2]).toMatchObject({ replay: { sequence: 2n }, content: { value: { ssin: other.ssin } } });
    expect(all[3]).toMatchObject({ content: { $case: 'replayEnd', value: { delivered: 1n, withheld: 1n } } });
  });

  it('nothing comes in a snapshot of a person who was erased while the source was waited for', async () => {
    const [erased, other] = [world.registered(world.person(FUND)), world.registered(world.person(FUND))];
    world.source.isAway = true;
    const { subscriptionId } = await subscribed(fund, {
      snapshot: true,
      persons: { $case: 'named', value: { ssins: [erased.ssin, other.ssin] } },
    });
    await eventually(
      async () => (await fund.getSubscription({ subscriptionId })).snapshot?.waitingForSource,
      (waiting) => waiting === 2n,
    );
    await erase(erased);
    world.source.isAway = false;
    const all = await reads.count(subscriptionId, 2);
    expect(all.map(({ content }) => content)).toMatchObject([
      { $case: 'snapshot', value: { ssin: other.ssin } },
      { $case: 'snapshotEnd', value: { delivered: 1n, withheld: 1n } },
    ]);
  });
});
