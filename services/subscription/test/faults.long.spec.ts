import { randomUUID } from 'node:crypto';
import { newRequestId } from '@crossroads/grpc';
import type { CloudEvent } from '@crossroads/messaging';
import { eventually, ownPostgres } from '@crossroads/testing';
import { type Link, type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Subscriber } from './subscriber.js';
import { FUND, type Person, type SubscriptionClient, subscribed, World, whenListed } from './world.js';

const WRITERS = 20;

/** Whatever is killed or cut, nothing is lost or delivered twice, and the changes of each person stay in order. */
describe('deliveries under faults', () => {
  let mesh: TestMesh;
  let world: World;
  let databases: Awaited<ReturnType<World['databaseLink']>>;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let id: string;
  let expected: number;

  beforeAll(async () => {
    // Its writers commit late, and one test holds a transaction open.
    await ownPostgres();
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    databases = await world.databaseLink();
    running = await mesh.startProcess({ env: databases.env });
    fund = world.client(running, FUND);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());

  /** Each spec has a subscription of its own, open for as long as it runs. */
  beforeEach(async () => {
    id = (await subscribed(fund)).subscriptionId;
    expected = 0;
  });
  afterEach(async () => {
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
  });

  const people = (count: number): Person[] => Array.from({ length: count }, () => world.person(FUND));

  /** Appends a mutation in a transaction that stays open. */
  const beginAppend = async (person: Person) => {
    const [began, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const appending = world.registry.append(world.mutation(person), () => {
      began.resolve();
      return ended.promise;
    });
    await Promise.race([began.promise, appending]);
    return async () => {
      ended.resolve();
      await appending;
    };
  };

  /** Concurrent writers, each with a person of its own, some mutations each; what they append first they commit last. */
  const write = async (mutationsEach: number): Promise<void> => {
    expected += WRITERS * mutationsEach;
    const written = people(WRITERS);
    for (let n = 0; n < mutationsEach; n++) {
      const commits = await Promise.all(written.map(beginAppend));
      for (const commit of commits.reverse()) await commit();
    }
  };

  const requireAll = async () => {
    const all = await reads.count(id, expected);
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

  it('all is delivered of 20 writers who commit in another order than they append', async () => {
    await write(10);
    await requireAll();
  });

  it('what a source publishes again is delivered once', async () => {
    await write(1);
    await requireAll();
    await world.registry.replay();
    await write(1);
    await requireAll();
  });

  it('events that come twice, and in another order across persons, are delivered once and in each person’s order', async () => {
    const sealing = mesh.sealing('person-registry');
    const events = people(5).flatMap((person) =>
      [1, 2].map(() => {
        const { type, key, data } = world.mutation(person);
        const topic = 'crossroads.person.v1';
        return {
          id: randomUUID(),
          source: 'urn:crossroads:service:person-registry',
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
  });

  it('all is delivered by two processes, one of which is killed again and again', async () => {
    const second = await mesh.startProcess({ env: databases.env });
    const writing = write(15);
    for (let n = 0; n < 3; n++) {
      await running.stop('SIGKILL');
      await running.launch();
    }
    await second.stop('SIGKILL');
    await writing;
    await requireAll();
  });

  it('all is delivered after the bus was away', async () => {
    const writing = write(5);
    await cutWhile(mesh.bus.link);
    await writing;
    await requireAll();
  });

  it('all is delivered after the database was away', async () => {
    const writing = write(5);
    await someDelivered();
    await cutWhile(databases.link);
    await writing;
    await requireAll();
  });

  it('a relay that idles finds what no hint told it of', async () => {
    await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
    await world.registry.append(world.mutation(world.person(FUND)));
    expected += 1;
    await whenListed(fund, id, ({ lastSequence }) => lastSequence === BigInt(expected));
    // A new process has no hint in flight, and an update by SQL sends none.
    await running.stop();
    await running.launch();
    await world.asAdmin((client) =>
      client.query("update subscriptions set state = 'open' where subscription_id = $1", [id]),
    );
    await requireAll();
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
  });

  it('a delivery comes again, under its number, when the process is killed before it has noted the sending', async () => {
    await world.asAdmin(async (client) => {
      const claimed = async () => {
        const { rows } = await client.query<{ claimed: boolean }>(
          'select relaying_sequence > relayed_sequence as claimed from subscription_lanes where subscription_id = $1',
          [id],
        );
        return rows[0]?.claimed ?? false;
      };
      // The mutation is numbered before the bus is cut, so that the relay is what meets the cut.
      await fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
      await world.registry.append(world.mutation(world.person(FUND)));
      await whenListed(fund, id, ({ lastSequence }) => lastSequence === 1n);
      mesh.bus.link?.cut();
      await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
      await eventually(claimed, Boolean);
      await client.query('begin');
      await client.query('select from subscription_lanes where subscription_id = $1 for update', [id]);
      mesh.bus.link?.mend();
      // The message is on the topic, and the note of it waits for the row.
      await eventually(
        () => reads.rawOf(id).length,
        (count) => count === 1,
      );
      await running.stop('SIGKILL');
      // PostgreSQL would carry out the note of a client that is gone, once it has the row.
      await client.query(
        `select pg_terminate_backend(pid, 10000) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await client.query('rollback');
    });
    await running.launch();
    await eventually(
      () => reads.rawOf(id).length,
      (count) => count === 2,
    );
    expected += 1;
    await requireAll();
  });

  it('the process stops cleanly, also while the bus is away, and another goes on', async () => {
    await write(2);
    await requireAll();
    expect(await running.stop()).toBe(0);
    await running.launch();
    await write(1);
    await requireAll();
    mesh.bus.link?.cut();
    // A process that does not stop in time ends with 1.
    expect(await running.stop()).toBe(0);
    mesh.bus.link?.mend();
    await running.launch();
    await write(1);
    await requireAll();
  });
});
