import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newRequestId } from '@crossroads/grpc';
import type { CloudEvent } from '@crossroads/messaging';
import { ownPostgres } from '@crossroads/testing';
import type { Link } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, type RunningSubscription, type SubscriptionClient, TestMesh } from './mesh.js';
import type { Subscriber } from './subscriber.js';
import { FUND, type Person, subscribed, World, whenListed } from './world.js';

const WRITERS = 20;

/** Whatever is killed or cut, nothing is lost or delivered twice, and the changes of each person stay in order. */
describe('deliveries under faults', () => {
  let mesh: TestMesh;
  let world: World;
  let running: RunningSubscription;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let id: string;
  let expected: number;

  beforeAll(async () => {
    // Its writers commit slowly, and one test holds a transaction open.
    await ownPostgres();
    mesh = await TestMesh.start('embedded');
    world = await World.create(mesh);
    running = await mesh.run(world.certificate(FUND));
    fund = mesh.client(running.port, world.certificate(FUND));
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  /** Each spec has a subscription of its own, open for as long as it runs. */
  beforeEach(async () => {
    id = (await subscribed(fund)).subscriptionId;
    expected = 0;
  });
  afterEach(async () => {
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
  });

  const people = (count: number): Person[] => Array.from({ length: count }, () => world.person(FUND));

  /** Concurrent writers, each with a person of its own, some mutations each, and slow commits. */
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
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected));
  };

  const someDelivered = () =>
    eventually(
      () => reads.of(id).length,
      (count) => count > 0,
    );

  /** Cuts a link until what uses it has tried in vain. */
  const cutWhile = async (link: Link | undefined): Promise<void> => {
    if (!link) throw new Error('there is nothing to cut');
    const before = link.refused;
    link.cut();
    await eventually(
      () => link.refused,
      (refused) => refused >= before + 3,
    );
    link.mend();
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

  it('all is delivered of 20 writers with slow commits', async () => {
    await write(10);
    await requireAll();
  }, 90_000);

  it('what a source publishes again is delivered once', async () => {
    await write(1);
    await requireAll();
    await mesh.registry.replay();
    await write(1);
    await requireAll();
  }, 90_000);

  it('events that come twice, and in another order across persons, are delivered once and in each person’s order', async () => {
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
    const interleaved = [
      ...events.filter((_, index) => index % 2 === 0),
      ...events.filter((_, index) => index % 2 === 1),
    ];
    const sealed: CloudEvent[] = await sealing.seal('crossroads.person.v1', [...interleaved, ...events]);
    await mesh.bus.broker.publish('crossroads.person.v1', sealed);
    expected += events.length;
    await write(1);
    await requireAll();
  }, 90_000);

  it('all is delivered by two processes, one of which is killed again and again', async () => {
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

  it('all is delivered after the bus was away', async () => {
    const writing = write(5);
    await cutWhile(mesh.bus.link);
    await writing;
    await requireAll();
  }, 90_000);

  it('all is delivered after the database was away', async () => {
    const writing = write(5);
    await someDelivered();
    await cutWhile(mesh.databaseLink);
    await writing;
    await requireAll();
  }, 90_000);

  it('a relay that idles finds what no hint told it of', async () => {
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
    await mesh.registry.append(world.mutation(world.person(FUND)));
    expected += 1;
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected));
    // A new process has no hint in flight, and an update by SQL sends none.
    await running.child.stop();
    running = await mesh.run(world.certificate(FUND), running.port);
    await admin((client) => client.query("update subscriptions set state = 'open' where subscription_id = $1", [id]));
    await requireAll();
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
  }, 90_000);

  it('a delivery comes again, under its number, when the process is killed before it has noted the sending', async () => {
    await admin(async (client) => {
      const claimed = async () => {
        const { rows } = await client.query<{ claimed: boolean }>(
          'select relaying_sequence > relayed_sequence as claimed from subscriptions where subscription_id = $1',
          [id],
        );
        return rows[0]?.claimed ?? false;
      };
      // The mutation is numbered before the bus is cut, so that the relay is what meets the cut.
      await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
      await mesh.registry.append(world.mutation(world.person(FUND)));
      await whenListed(fund, id, ({ lastSequence }) => lastSequence === 1n);
      mesh.bus.link?.cut();
      await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
      await eventually(claimed, Boolean);
      await client.query('begin');
      await client.query('select from subscriptions where subscription_id = $1 for update', [id]);
      mesh.bus.link?.mend();
      // The message is on the topic, and the note of it waits for the row.
      await eventually(
        () => reads.rawOf(id).length,
        (count) => count === 1,
      );
      await running.child.stop('SIGKILL');
      await client.query('rollback');
    });
    running = await mesh.run(world.certificate(FUND), running.port);
    await eventually(
      () => reads.rawOf(id).length,
      (count) => count === 2,
    );
    expected += 1;
    await requireAll();
  }, 90_000);

  it('the process stops cleanly, also while the bus is away, and another goes on', async () => {
    await write(2);
    await requireAll();
    expect(await running.child.stop()).toBe(0);
    running = await mesh.run(world.certificate(FUND), running.port);
    await write(1);
    await requireAll();
    mesh.bus.link?.cut();
    // A process that does not stop in time ends with 1.
    expect(await running.child.stop()).toBe(0);
    mesh.bus.link?.mend();
    running = await mesh.run(world.certificate(FUND), running.port);
    await write(1);
    await requireAll();
  }, 120_000);
});
