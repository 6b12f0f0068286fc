import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { newRequestId } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Subscriber } from './subscriber.js';
import { FUND, type SubscriptionClient, subscribed, World, whenListed } from './world.js';

const DAYS = 2;

describe('retention of deliveries', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess({ env: { DELIVERY_RETENTION_DAYS: String(DAYS) } });
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());

  const kept = async (subscriptionId: string): Promise<number[]> => {
    const { rows } = await world.asAdmin((client) =>
      client.query<{ sequence: number }>(
        'select sequence::int from deliveries where subscription_id = $1 and body is not null order by sequence',
        [subscriptionId],
      ),
    );
    return rows.map(({ sequence }) => sequence);
  };
  const publish = async (count: number) => {
    for (let n = 0; n < count; n++) await world.publish(world.mutation(world.person(FUND)));
  };
  /** Makes deliveries older, and starts the process again, which prunes at once. */
  const age = async (subscriptionId: string, sequences: readonly number[], hours: number) => {
    await world.asAdmin((client) =>
      client.query(
        `update deliveries set created_at = created_at - $3 * interval '1 hour'
         where subscription_id = $1 and sequence = any($2)`,
        [subscriptionId, sequences, hours],
      ),
    );
    await running.stop();
    await running.launch();
  };

  it('sent deliveries keep their bodies until the retention ends, and go then, from the first one on', async () => {
    const { subscriptionId } = await subscribed(fund);
    await publish(6);
    await reads.count(subscriptionId, 6);
    await whenListed(fund, subscriptionId, ({ lanes }) => lanes[0]?.sentSequence === 6n);
    // The fourth is as old, but behind a younger one.
    await age(subscriptionId, [1, 2, 4], DAYS * 24 + 1);
    await whenListed(fund, subscriptionId, ({ lanes }) => lanes[0]?.firstSequence === 3n);
    expect(await kept(subscriptionId)).toEqual([3, 4, 5, 6]);
    await age(subscriptionId, [3], DAYS * 24 - 1);
    // Another subscription's deliveries go meanwhile: so the job has looked.
    const other = await subscribed(fund);
    await publish(1);
    await reads.count(other.subscriptionId, 1);
    await whenListed(fund, other.subscriptionId, ({ lanes }) => lanes[0]?.sentSequence === 1n);
    await age(other.subscriptionId, [1], DAYS * 24 + 1);
    await whenListed(fund, other.subscriptionId, ({ lanes }) => lanes[0]?.firstSequence === 2n);
    expect(await kept(subscriptionId)).toEqual([3, 4, 5, 6, 7]);
  });

  it('what is not sent yet is kept, however old it is, and the sequence goes on', async () => {
    const { subscriptionId } = await subscribed(fund);
    await publish(1);
    await reads.count(subscriptionId, 1);
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    await publish(1);
    await whenListed(fund, subscriptionId, ({ lastSequence }) => lastSequence === 2n);
    await whenListed(fund, subscriptionId, ({ lanes }) => lanes[0]?.sentSequence === 1n);
    await age(subscriptionId, [1, 2], DAYS * 24 + 1);
    await whenListed(fund, subscriptionId, ({ lanes }) => lanes[0]?.firstSequence === 2n);
    expect(await kept(subscriptionId)).toEqual([2]);
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId });
    await reads.count(subscriptionId, 2);
    await publish(1);
    await reads.count(subscriptionId, 3);
    reads.requireSound(subscriptionId);
  });

  it('more than one batch is pruned', async () => {
    const { subscriptionId } = await subscribed(fund);
    await publish(1);
    await reads.count(subscriptionId, 1);
    await whenListed(fund, subscriptionId, ({ lanes }) => lanes[0]?.sentSequence === 1n);
    // As many more of the same as make three batches.
    await world.asAdmin(async (client) => {
      await client.query(
        `insert into deliveries (subscription_id, lane, sequence, ce_source, ce_id, body, encoding)
         select subscription_id, lane, n, 'spec', n::text, body, encoding from deliveries, generate_series(2, 600) n
         where subscription_id = $1 and sequence = 1`,
        [subscriptionId],
      );
      await client.query(
        `update subscription_lanes set last_sequence = 600, relaying_sequence = 600, relayed_sequence = 600
         where subscription_id = $1`,
        [subscriptionId],
      );
    });
    await age(
      subscriptionId,
      Array.from({ length: 600 }, (_, n) => n + 1),
      DAYS * 24 + 1,
    );
    await eventually(
      () => kept(subscriptionId),
      (all) => all.length === 0,
    );
    expect(await whenListed(fund, subscriptionId, () => true)).toMatchObject({
      lanes: [{ lane: 0, lastSequence: 600n, firstSequence: 601n }],
    });
  });
});
