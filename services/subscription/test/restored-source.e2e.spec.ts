import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Subscriber } from './subscriber.js';
import { FUND, subscribed, World } from './world.js';

const TOPIC = 'crossroads.person.v1';

describe('deliveries whose source was restored to an older state', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let reads: Subscriber;
  let subscriptionId: string;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    const subscription = await subscribed(world.client(running, FUND));
    subscriptionId = subscription.subscriptionId;
    reads = await world.reads(FUND, subscription.topic);
  }, 120_000);
  afterAll(() => mesh.stop());

  const lostIn = () =>
    world.asAdmin(async (client) =>
      (
        await client.query<{ lost_at_source: boolean }>(
          'select lost_at_source from deliveries where subscription_id = $1 order by sequence',
          [subscriptionId],
        )
      ).rows.map((row) => row.lost_at_source),
    );

  it('are marked and not repeated, and what the source says from then on is delivered', async () => {
    const person = world.person(FUND);
    const partition = topicPartitionOf(partitionOf('main', person.personId));
    const [kept, lost] = [world.mutation(person), world.mutation(person)];
    await world.publish(kept);
    await reads.count(subscriptionId, 1);
    await world.publish(lost);
    await reads.count(subscriptionId, 2);
    await world.registry.restore([person.personId], 1n);
    await eventually(
      () => running.output,
      (output) => output.includes('LOG_FORKED'),
    );
    // The restored source gives the revision of the lost mutation to another one.
    await world.publish(lost);

    const looked = await running.run(['resync', TOPIC, String(partition)]);
    expect(looked.output).toContain('1 deliveries were made of mutations that are lost');
    expect(looked.output).toContain(`\nlost person.identification.v1 ${person.personId} 2 1\n`);
    expect(looked.output).not.toContain(person.ssin);
    expect(await lostIn()).toEqual([false, false]);

    const { code, output } = await running.run(['resync', TOPIC, String(partition), '--confirm']);
    expect(output).toContain('Generation 1 goes on from there by itself');
    expect(code).toBe(0);
    const all = await reads.count(subscriptionId, 3);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
    expect(await lostIn()).toEqual([false, true, false]);
  });
});
