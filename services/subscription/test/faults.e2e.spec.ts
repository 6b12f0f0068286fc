import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newRequestId } from '@crossroads/grpc';
import type { CloudEvent } from '@crossroads/messaging';
import { ownPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, type RunningSubscription, type SubscriptionClient, TestMesh } from './mesh.js';
import { Subscriber } from './subscriber.js';
import { FUND, type Person, subscribed, World, whenListed } from './world.js';

const WRITERS = 20;

/** Nothing is lost, nothing is doubled, each person's changes stay in order, whatever is killed or cut. */
describe('deliveries, when things break', () => {
  let mesh: TestMesh;
  let world: World;
  let running: RunningSubscription;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let id: string;
  let expected = 0;

  beforeAll(async () => {
    // Its writers commit slowly, and one test holds a transaction open.
    await ownPostgres();
    mesh = await TestMesh.start('embedded');
    world = await World.create(mesh);
    running = await mesh.run(world.certificate(FUND));
    fund = mesh.client(running.port, world.certificate(FUND));
    const { subscriptionId, topic } = await subscribed(fund);
    id = subscriptionId;
    reads = await Subscriber.of(
      await mesh.busOf(FUND, world.certificate(FUND)),
      topic,
      `${FUND}.spec`,
      mesh.receiptKeys,
    );
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const people = (count: number): Person[] => Array.from({ length: count }, () => world.person(FUND));

  /** As many writers at once, each with people of its own, several mutations each, commits that take their time. */
  const write = async (mutationsEach: number): Promise<void> => {
    expected += WRITERS * mutationsEach;
    await Promise.all(
      people(WRITERS).map(async (person) => {
        for (let n = 0; n < mutationsEach; n++)
          await mesh.registry.append(world.mutation(person), () => delay(Math.random() * 60));
      }),
    );
  };

  const requireAll = async () => {
    const all = await reads.count(id, expected, 60_000);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => BigInt(index + 1)));
    const revisions = Map.groupBy(reads.mutations(id), ({ ssin }) => ssin);
    for (const [, mutations] of revisions)
      expect(mutations.map(({ sourceRevision }) => sourceRevision)).toEqual(
        mutations.map((_, index) => BigInt(index + 1)),
      );
    reads.requireSound(id);
    expect(reads.faults).toEqual([]);
  };

  const admin = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client({ connectionString: mesh.database.adminUrl });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it('20 writers with slow commits', async () => {
    await write(10);
    await requireAll();
  }, 90_000);

  it('what was published comes again', async () => {
    await mesh.registry.replay();
    await write(1);
    await requireAll();
  }, 90_000);

  it('the same events, twice and in another order across persons', async () => {
    const sealing = mesh.sealing('elsewhere');
    const events = people(5).flatMap((person) =>
      [1, 2].map(() => {
        const { type, key, data } = world.mutation(person);
        const topic = 'crossroads.person.v1';
        return {
          id: randomUUID(),
          source: 'urn:crossroads:service:elsewhere',
          service: topic,
          type: `${topic}.${type}`,
          time: new Date(),
          key,
          data,
        };
      }),
    );
    const byTurn = [...events.filter((_, index) => index % 2 === 0), ...events.filter((_, index) => index % 2 === 1)];
    const sealed: CloudEvent[] = await sealing.seal('crossroads.person.v1', [...byTurn, ...events]);
    await mesh.bus.broker.publish('crossroads.person.v1', sealed);
    expected += events.length;
    await write(1);
    await requireAll();
  }, 90_000);

  it('two processes at once, one of them killed and started again and again', async () => {
    const second = await mesh.run(world.certificate(FUND));
    const writing = write(15);
    for (let n = 0; n < 3; n++) {
      await running.child.stop('SIGKILL');
      running = await mesh.run(world.certificate(FUND), running.port);
    }
    await second.child.stop('SIGKILL');
    await writing;
    await requireAll();
  }, 180_000);

  it('the bus away for a while', async () => {
    const writing = write(5);
    mesh.bus.link?.cut();
    await delay(3_000);
    mesh.bus.link?.mend();
    await writing;
    await requireAll();
  }, 90_000);

  it('the database away for a while', async () => {
    const writing = write(5);
    await delay(100);
    mesh.databaseLink.cut();
    await delay(1_500);
    mesh.databaseLink.mend();
    await writing;
    await requireAll();
  }, 90_000);

  it('a relay that idles, and is not told', async () => {
    await requireAll();
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
    await mesh.registry.append(world.mutation(world.person(FUND)));
    expected += 1;
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected));
    // A relay that has written nothing, so that no hint is on its way; and behind its back, so that none comes.
    await running.child.stop();
    running = await mesh.run(world.certificate(FUND), running.port);
    await admin((client) => client.query("update subscriptions set state = 'open' where subscription_id = $1", [id]));
    await requireAll();
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
  }, 90_000);

  it('killed after the topic has it and before that is noted: it comes again, under the same number', async () => {
    await requireAll();
    const before = reads.raw.length;
    await admin(async (client) => {
      const claimed = async () => {
        const { rows } = await client.query<{ claimed: boolean }>(
          'select relaying_sequence > relayed_sequence as claimed from subscriptions where subscription_id = $1',
          [id],
        );
        return rows[0]?.claimed ?? false;
      };
      // The consumer has its events before the bus goes, and the relay finds it gone.
      await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
      await mesh.registry.append(world.mutation(world.person(FUND)));
      await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected + 1));
      mesh.bus.link?.cut();
      await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
      await eventually(claimed, Boolean);
      await client.query('begin');
      await client.query('select from subscriptions where subscription_id = $1 for update', [id]);
      mesh.bus.link?.mend();
      // The message is there, and what notes it waits for the row.
      await eventually(
        () => reads.raw.length,
        (count) => count > before,
      );
      await running.child.stop('SIGKILL');
      await client.query('rollback');
    });
    running = await mesh.run(world.certificate(FUND), running.port);
    await eventually(
      () => reads.raw.length,
      (count) => count >= before + 2,
    );
    expected += 1;
    await requireAll();
  }, 90_000);

  it('stops within ten seconds, also with the bus away', async () => {
    await write(2);
    await requireAll();
    const began = Date.now();
    expect(await running.child.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
    running = await mesh.run(world.certificate(FUND), running.port);
    await write(1);
    await requireAll();
    mesh.bus.link?.cut();
    const cut = Date.now();
    expect(await running.child.stop()).toBe(0);
    expect(Date.now() - cut).toBeLessThan(10_000);
    mesh.bus.link?.mend();
    running = await mesh.run(world.certificate(FUND), running.port);
    await write(1);
    await requireAll();
  }, 120_000);

  it('has numbered what was delivered, no more', async () => {
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected));
  });
});
