import { randomUUID } from 'node:crypto';
import { newRequestId } from '@crossroads/grpc';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Subscriber } from './subscriber.js';
import { FUND, OFFICE, subscribed, World } from './world.js';

/** Which subscriptions a mutation is for, by two processes that hold the subscriptions in memory. */
describe('subscriptions found from inscriptions', () => {
  let mesh: TestMesh;
  let world: World;
  let processes: readonly ServiceProcess[];
  let reads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    processes = [await mesh.startProcess(), await mesh.startProcess()];
    const [first] = clients();
    if (!first) throw new Error('no process');
    reads = await world.reads(FUND, (await subscribed(first)).topic);
  });
  afterAll(() => mesh.stop());

  const clients = () => processes.map((running) => world.client(running, FUND));

  it('the mutation after a subscription is delivered, whichever process opened it and whichever takes the mutation', async () => {
    for (const client of clients()) {
      const { subscriptionId } = await subscribed(client);
      await world.publish(world.mutation(world.person(FUND)));
      await reads.count(subscriptionId, 1);
    }
  });

  it('the mutation after a subscription was closed is not delivered, whichever process closed it', async () => {
    for (const client of clients()) {
      const { subscriptionId } = await subscribed(client);
      const { subscriptionId: other } = await subscribed(client);
      await client.closeSubscription({ requestId: newRequestId(), subscriptionId });
      await world.publish(world.mutation(world.person(FUND)));
      await reads.count(other, 1);
      const all = await reads.count(subscriptionId, 1);
      expect(all[0]?.content?.$case).toBe('closing');
    }
  });

  it('a subscription that names persons gets these only, also under the id from before a number was replaced', async () => {
    const [client] = clients();
    if (!client) throw new Error('no process');
    const [named, other, notInscribed] = [world.person(FUND), world.person(FUND), world.person(FUND)];
    const { subscriptionId } = await subscribed(client, {
      persons: { $case: 'named', value: { ssins: [named.ssin, notInscribed.ssin] } },
    });
    world.directory.put(notInscribed, [[OFFICE, 'CIN:AFFILIATED']]);
    const now = { ssin: named.ssin, personId: randomUUID() };
    await world.publish(world.mutation(other), world.mutation(notInscribed), world.mutation(named));
    world.directory.put(now, [[FUND, 'CIN:AFFILIATED']], { mergedPersonIds: [named.personId] });
    await world.publish(world.mutation(now));
    const all = await reads.count(subscriptionId, 2);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 2n]);
    expect(reads.mutations(subscriptionId).map(({ ssin }) => ssin)).toEqual([named.ssin, named.ssin]);
  });
});
