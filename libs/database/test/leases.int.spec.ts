import { type Database, type LeaseShare, leasesMigrations, openDatabase } from '@crossroads/database';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PARTITIONS, QUICK, ROLE } from './lease-times.js';
import { MemberProcess } from './member-process.js';

describe('leases', () => {
  let database: TestDatabase;
  let db: Database;
  let deferred: (() => Promise<unknown>)[];

  beforeAll(async () => {
    database = await testDatabase(...leasesMigrations);
  });
  beforeEach(async () => {
    deferred = [];
    db = await open();
  });
  afterEach(async () => {
    for (const close of deferred.reverse()) await close();
    const admin = await openDatabase({ url: database.url });
    await admin.query('delete from es.leases');
    await admin.query('delete from es.members');
    await admin.close();
  });
  afterAll(async () => {
    await database.drop();
    await (await testPostgres()).stop();
  });

  /** As another process: each `Database` is a holder of its own. */
  const open = async (url = database.url): Promise<Database> => {
    const opened = await openDatabase({ url, poolSize: 2, leases: QUICK });
    deferred.push(() => opened.close());
    return opened;
  };
  const startMember = async (ttlMs = QUICK.ttlMs): Promise<MemberProcess> => {
    const member = await MemberProcess.start(database.url, ttlMs);
    deferred.push(() => member.stop('SIGKILL'));
    return member;
  };
  const holds = (share: LeaseShare, count: number) =>
    eventually(
      () => share.held(),
      ({ size }) => size === count,
    );

  it('are taken by one holder at a time', async () => {
    const other = await open();
    const lease = await db.leases.take('work');
    expect(lease?.held()).toBe(true);
    expect(await other.leases.take('work')).toBeUndefined();
    expect(await db.leases.take('work')).toBeUndefined();
    expect(await other.leases.take('other work')).toBeDefined();
    await lease?.release();
    expect(lease?.held()).toBe(false);
    const next = await other.leases.take('work');
    expect(next?.token).toBe((lease?.token ?? 0n) + 1n);
  });

  it('are renewed for as long as they are held', async () => {
    const lease = await db.leases.take('work');
    const expiry = async () =>
      (await db.query<{ at: Date }>('select expires_at as at from es.leases'))[0]?.at.getTime() ?? 0;
    const first = await expiry();
    // Longer than it would last without.
    await eventually(expiry, (at) => at > first + 2 * QUICK.ttlMs);
    expect(lease?.held()).toBe(true);
    expect(lease?.signal.aborted).toBe(false);
  });

  it('expire once they are no longer renewed, and are another holder’s then', async () => {
    const other = await open();
    const lease = await db.leases.take('work');
    lease?.stopRenewing();
    const next = await eventually(
      () => other.leases.take('work'),
      (taken) => taken !== undefined,
    );
    expect(next?.token).toBe(2n);
    expect(lease?.held()).toBe(false);
    expect(lease?.resumeRenewing()).toBe(false);
  });

  it('are forgotten with their row when they are used once', async () => {
    const lease = await db.leases.take('once');
    await lease?.release({ forget: true });
    expect(await db.query('select from es.leases')).toEqual([]);
  });

  it('end with the session that they hang on, at once', async () => {
    const lease = await db.leases.take('work');
    await database.dropConnections();
    await eventually(
      () => lease?.held(),
      (held) => held === false,
    );
    expect(lease?.signal.reason).toMatchObject({ name: 'LeaseLost', outage: true });
    const other = await open();
    expect(await other.leases.take('work')).toBeDefined();
  });

  it('end while the database does not answer, before another holder can have them', async () => {
    const { link, url } = await Link.ofUrl(database.url);
    const holed = await open(url);
    deferred.push(async () => link.close());
    const other = await open();
    const lease = await holed.leases.take('work');
    link.blackHole();
    const taken = await eventually(
      async () => {
        const next = await other.leases.take('work');
        return next && { heldByBoth: lease?.held() };
      },
      (next) => next !== undefined,
    );
    expect(taken).toEqual({ heldByBoth: false });
    link.mend();
    expect(await holed.leases.take('work')).toBeUndefined();
  });

  it('are of the one whose clock runs ahead or back, too: expiry is the database’s, and its own is monotonic', async () => {
    const other = await open();
    const lease = await db.leases.take('work');
    const now = Date.now;
    try {
      Date.now = () => now() + 3_600_000;
      expect(lease?.held()).toBe(true);
      expect(await other.leases.take('work')).toBeUndefined();
      Date.now = () => now() - 3_600_000;
      expect(lease?.held()).toBe(true);
      expect(await other.leases.take('work')).toBeUndefined();
    } finally {
      Date.now = now;
    }
  });

  describe('of the partitions of a role', () => {
    it('are shared by the members in equal parts, and taken back from one that leaves', async () => {
      const first = db.leases.hold(ROLE, PARTITIONS);
      await holds(first, 16);
      const other = await open();
      const lost: number[] = [];
      const second = other.leases.hold(ROLE, PARTITIONS, { onLost: (partition) => void lost.push(partition) });
      await holds(second, 8);
      await holds(first, 8);
      const both = [...first.held().keys(), ...second.held().keys()];
      expect(both.toSorted((a, b) => a - b)).toEqual(PARTITIONS);
      expect(await db.query('select count(*) as n from es.members where version ~ $1', ['^\\d+\\.'])).toEqual([
        { n: 2n },
      ]);
      const [given] = [...second.held()];
      await other.close();
      expect(lost).toHaveLength(8);
      await holds(first, 16);
      expect(first.held().get(given?.[0] ?? -1)).toBe((given?.[1] ?? 0n) + 1n);
    });

    it('are given back once the work on them has ended', async () => {
      const ended = Promise.withResolvers<void>();
      const first = db.leases.hold(ROLE, [0], { onLost: () => ended.promise });
      await holds(first, 1);
      first.refuse(0);
      const second = (await open()).leases.hold(ROLE, [0]);
      await holds(first, 0);
      expect(second.held().size).toBe(0);
      ended.resolve();
      await holds(second, 1);
    });

    it('go to another member when one refuses them, and do not come back', async () => {
      const first = db.leases.hold(ROLE, PARTITIONS);
      await holds(first, 16);
      first.refuse(3);
      await holds(first, 15);
      const second = (await open()).leases.hold(ROLE, PARTITIONS);
      await eventually(
        () => second.held(),
        (held) => held.has(3) && held.size === 8,
      );
      await holds(first, 8);
      await second.close();
      await holds(first, 15);
      expect(first.held().has(3)).toBe(false);
    });
  });

  describe('of processes', () => {
    const settled = (...members: readonly MemberProcess[]) =>
      eventually(
        () => Promise.all(members.map((one) => one.held())),
        (held) => held.every(({ size }) => size === 16 / members.length),
      );

    it('are taken over at once from one that was killed', async () => {
      // Neither its leases nor its row as a member expire before the spec gives up.
      const [first, second] = [await startMember(3_600_000), await startMember(3_600_000)];
      const [before] = await settled(first, second);
      await first.stop('SIGKILL');
      const [after] = await settled(second);
      for (const [partition, token] of before ?? []) expect(after?.get(partition)).toBe(token + 1);
    });

    it('are taken over from one that is frozen, which knows when it goes on that it holds nothing', async () => {
      const [first, second] = [await startMember(), await startMember()];
      await settled(first, second);
      first.signal('SIGSTOP');
      await settled(second);
      first.ask();
      first.signal('SIGCONT');
      expect(await first.answer()).toEqual(new Map());
      const [one, other] = await settled(first, second);
      expect([...(one ?? []), ...(other ?? [])].map(([partition]) => partition).toSorted((a, b) => a - b)).toEqual(
        PARTITIONS,
      );
      await first.stop();
      await settled(second);
    });
  });
});
