import { type Database, openDatabase } from '@crossroads/database';
import {
  beginLog,
  lastSteps,
  type PrunedUpTo,
  pruneSteps,
  type ReadLog,
  readerOf,
  readLogs,
  startGeneration,
  StepTaken,
  stepsMigrations,
  takeSteps,
} from '@crossroads/eventsourcing';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const TOPIC = 'crossroads.sample.v1';
const LOG = '0b5a1c0e-6e2e-4a58-8f0e-6a1f1b2c3d4e';
const SOURCE = 'urn:crossroads:service:sample';
const READER = readerOf(TOPIC, LOG, 0);
const NOW = new Date('2026-11-27T12:00:00Z');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const hashAt = (position: bigint): string => position.toString(16).padStart(64, '0');

describe('the steps of a reader', () => {
  let database: TestDatabase;
  let db: Database;

  beforeEach(async () => {
    database = await testDatabase(...stepsMigrations);
    db = await openDatabase({ url: database.url });
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const step = (after: bigint, position: bigint, partition = 0, reader = READER) => ({
    reader,
    partition,
    after,
    place: { position, hash: hashAt(position) },
  });
  const positionIn = async (partition = 0) => (await lastSteps(db, READER, [partition])).get(partition)?.place.position;

  it('cannot be taken twice from the same place, and one that is refused takes none of the others', async () => {
    await takeSteps(db, [step(0n, 3n), step(0n, 5n, 1)]);
    await expect(db.transaction((tx) => takeSteps(tx, [step(5n, 9n, 1), step(0n, 4n)]))).rejects.toThrow(StepTaken);
    expect([await positionIn(0), await positionIn(1)]).toEqual([3n, 5n]);
  });

  it('cannot be taken from a place whose step was pruned', async () => {
    for (const after of [0n, 1n, 2n]) await takeSteps(db, [step(after, after + 1n)]);
    await db.query('delete from es.steps where after < 2');
    await expect(db.transaction((tx) => takeSteps(tx, [step(0n, 7n)]))).rejects.toThrow(StepTaken);
    expect(await positionIn()).toBe(3n);
  });

  it('are of the current generation: a resync closes the one before it, whose late processes cannot go on', async () => {
    const place = { logId: LOG, partition: 0, position: 0n, hash: '' };
    await beginLog(db, TOPIC, { source: SOURCE, place });
    await takeSteps(db, [step(0n, 5n)]);
    const [read] = await readLogs(db, TOPIC, [0, 1]);
    expect(read).toEqual({ source: SOURCE, generation: 0, place: { ...place, position: 5n, hash: hashAt(5n) } });
    const resync = (log: ReadLog) =>
      db.transaction((tx) => startGeneration(tx, TOPIC, log, { position: 2n, hash: hashAt(2n) }));
    await resync(read as ReadLog);
    expect(await readLogs(db, TOPIC, [0, 1])).toEqual([
      { source: SOURCE, generation: 1, place: { ...place, position: 2n, hash: hashAt(2n) } },
    ]);
    await expect(takeSteps(db, [step(5n, 6n)])).rejects.toThrow(StepTaken);
    await expect(resync(read as ReadLog)).rejects.toThrow(StepTaken);
  });

  it('are pruned to the last one and one of each five minutes for 35 days; those of the last ten minutes stay whole', async () => {
    const ages = [40 * DAY, 36 * DAY, 2 * DAY, 2 * DAY - MINUTE, 2 * DAY - 2 * MINUTE, DAY, 9 * MINUTE, 8 * MINUTE];
    for (const [index, age] of ages.entries()) {
      const after = BigInt(index);
      await takeSteps(db, [step(after, after + 1n), step(after, after + 1n, 1)]);
      await asAdmin('update es.steps set at = $1 where after = $2', [new Date(NOW.getTime() - age), after]);
    }
    await takeSteps(db, [step(0n, 1n, 2)]);
    await asAdmin('update es.steps set at = $1 where partition = 2', [new Date(NOW.getTime() - 100 * DAY)]);
    const upTo: PrunedUpTo = new Map();
    while (await pruneSteps(db, NOW, upTo));
    const left = await db.query<{ partition: number; after: bigint }>(
      'select partition, after from es.steps order by partition, after',
    );
    for (const partition of [0, 1])
      expect(left.filter((row) => row.partition === partition).map(({ after }) => Number(after))).toEqual([4, 5, 6, 7]);
    expect(left.filter(({ partition }) => partition === 2)).toHaveLength(1);
  });

  it('are pruned in pages, and what was pruned is not read again', async () => {
    const count = 1_203;
    await db.query(
      `insert into es.steps (reader, partition, after, position, hash, at)
       select $1, 0, n, n + 1, '\\x00', $2::timestamptz + n * interval '1 second' from generate_series(0, $3) n`,
      [READER, new Date(NOW.getTime() - 3 * DAY), count - 1],
    );
    const upTo: PrunedUpTo = new Map();
    let passes = 1;
    while (await pruneSteps(db, NOW, upTo)) passes++;
    expect(passes).toBeGreaterThan(2);
    const [row] = await db.query<{ left: number }>('select count(*)::int as left from es.steps');
    // One of each five minutes: 1,203 seconds touch five such periods, and the last step is in the last one.
    expect(row?.left).toBeLessThanOrEqual(6);
    expect(await positionIn()).toBe(BigInt(count));
  });

  const asAdmin = async (sql: string, params: readonly unknown[]): Promise<void> => {
    const admin = await openDatabase({ url: database.adminUrl, poolSize: 1 });
    await admin.query(sql, params);
    await admin.close();
  };
});
