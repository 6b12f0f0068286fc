import { newRequestId } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Subscriber } from './subscriber.js';
import { FUND, OFFICE, subscribed, World, whenListed } from './world.js';

/** The embedded log lets a topic vanish; on Kafka it is one whose partitions have no leader. */
describe('a subscriber that cannot be sent to', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fundReads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fundReads = await world.reads(FUND, (await subscribed(world.client(running, FUND))).topic);
  });
  afterAll(() => mesh.stop());

  const remove = async (topic: string) => {
    const client = new pg.Client({ connectionString: mesh.bus.database?.adminUrl });
    await client.connect();
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regclass('bus.partitions') is not null as there",
    );
    if (rows[0]?.there) await client.query('delete from bus.partitions where topic = $1', [topic]);
    await client.query('delete from bus.topics where name = $1', [topic]);
    await client.end();
  };

  it('because its topic fails, holds up no other, and gets everything once the topic is there', async () => {
    const [fund, office] = [world.client(running, FUND), world.client(running, OFFICE)];
    const [ofFund, ofOffice] = [await subscribed(fund), await subscribed(office)];
    await remove(ofOffice.topic);
    for (let n = 0; n < 3; n++) {
      await world.publish(world.mutation(world.person(FUND, OFFICE)));
      await fundReads.count(ofFund.subscriptionId, n + 1);
    }
    const waiting = await whenListed(office, ofOffice.subscriptionId, ({ lastSequence }) => lastSequence === 3n);
    expect(waiting.lanes).toMatchObject([{ sentSequence: 0n }]);
    await eventually(() => running.output.includes('delivery relay'), Boolean);
    // A change of the policy lets the broker-keeper look what is missing.
    await mesh.register(withCbeCheck('05550001'));
    const officeReads = await world.reads(OFFICE, ofOffice.topic);
    const all = await officeReads.count(ofOffice.subscriptionId, 3);
    expect(all.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n]);
    officeReads.requireSound(ofOffice.subscriptionId);
  });

  it('because a stored delivery of it cannot be opened, holds up no other', async () => {
    const [fund, office] = [world.client(running, FUND), world.client(running, OFFICE)];
    const [ofFund, ofOffice] = [await subscribed(fund), await subscribed(office)];
    const { subscriptionId } = ofOffice;
    await office.pauseSubscription({ requestId: newRequestId(), subscriptionId });
    await world.publish(world.mutation(world.person(OFFICE)));
    await whenListed(office, subscriptionId, ({ lastSequence }) => lastSequence === 1n);
    await world.asAdmin((client) =>
      client.query(`update deliveries set body = 'AAAA' where subscription_id = $1`, [subscriptionId]),
    );
    await office.resumeSubscription({ requestId: newRequestId(), subscriptionId });
    for (let n = 0; n < 3; n++) {
      await world.publish(world.mutation(world.person(FUND)));
      await fundReads.count(ofFund.subscriptionId, n + 1);
    }
    const waiting = await whenListed(office, subscriptionId, () => true);
    expect(waiting.lanes).toMatchObject([{ lastSequence: 1n, sentSequence: 0n }]);
  });
});
