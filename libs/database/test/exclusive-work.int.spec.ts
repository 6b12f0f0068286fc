import { type Database, type ExclusiveWork, LeasedWork, leasesMigrations, openDatabase } from '@crossroads/database';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { QUICK } from './lease-times.js';

describe('exclusive work', () => {
  let database: TestDatabase;
  let opened: Database[];
  let link: Link;
  let one: ExclusiveWork;
  let other: ExclusiveWork;

  beforeAll(async () => {
    database = await testDatabase(...leasesMigrations);
    link = (await Link.ofUrl(database.url)).link;
  });
  beforeEach(async () => {
    opened = [];
    [one, other] = [await workOf(link.through(database.url)), await workOf(database.url)];
  });
  afterEach(async () => {
    link.mend();
    for (const db of opened) await db.close();
  });
  afterAll(async () => {
    link.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  /** As another process. */
  const workOf = async (url: string): Promise<ExclusiveWork> => {
    const db = await openDatabase({ url, poolSize: 1, leases: QUICK });
    opened.push(db);
    return new LeasedWork(db);
  };
  const done = async () => 'done';

  it('runs in one process at a time', async () => {
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const running = one.run('jobs', () => {
      begun.resolve();
      return gate.promise;
    });
    await begun.promise;
    expect(await other.run('jobs', done)).toBeUndefined();
    expect(await one.run('jobs', done)).toBeUndefined();
    expect(await other.run('other jobs', done)).toBe('done');
    gate.resolve('finished');
    expect(await running).toBe('finished');
  });

  it('goes to another process some time after it has ended', async () => {
    expect(await one.run('turns', done)).toBe('done');
    expect(await one.run('turns', done)).toBe('done');
    await eventually(
      () => other.run('turns', done),
      (result) => result === 'done',
    );
  });

  it('passes on what the work throws, and can be run again', async () => {
    const failing = one.run('failing', async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await one.run('failing', done)).toBe('done');
  });

  it('tells work that outlives its lease to stop, before another process begins', async () => {
    const told = one.run('long', async (signal) => {
      link.blackHole();
      const taken = await eventually(
        () => other.run('long', async () => signal.aborted),
        (result) => result !== undefined,
      );
      return { abortedBefore: taken, reason: signal.reason as Error };
    });
    expect(await told).toMatchObject({ abortedBefore: true, reason: { name: 'LeaseLost' } });
  });
});
