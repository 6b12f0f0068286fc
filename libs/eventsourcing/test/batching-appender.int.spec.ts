import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  type Append,
  BatchingAppender,
  eventStoreMigrations,
  PostgresEventStore,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';

const one = (streamId: string, expectedRevision: bigint, data: number | string = 1) => [
  { streamId, streamType: 't', expectedRevision, events: [{ type: 'T', data }] },
];

describe('appends in a batch', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let batches: number[];

  beforeAll(async () => {
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url });
    store = new PostgresEventStore(db);
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  const appender = () => {
    batches = [];
    return new BatchingAppender({
      appendAll: (batch: readonly Append[]) => {
        batches.push(batch.length);
        return store.appendAll(batch);
      },
    });
  };

  it('take one statement for many', async () => {
    const batching = appender();
    const streams = Array.from({ length: 100 }, () => randomUUID());
    await Promise.all(streams.map((streamId) => batching.append(one(streamId, 0n))));
    expect(batches).toEqual([100]);
    const written = await store.readStreams(streams);
    expect([...written.values()].every((events) => events.length === 1)).toBe(true);
  });

  it.each([
    ['a lost race', (taken: string) => one(taken, 0n), WrongExpectedRevision],
    ['data that PostgreSQL cannot keep', () => one(randomUUID(), 0n, '\u0000'), Error],
  ])('do not fail because of another one: %s', async (_, bad, expected) => {
    const batching = appender();
    const [taken, good] = [randomUUID(), randomUUID()];
    await store.append(one(taken, 0n));
    const results = await Promise.allSettled([
      batching.append(one(good, 0n)),
      batching.append(bad(taken)),
      batching.append(one(taken, 1n)),
    ]);
    expect(results.map(({ status }) => status).slice(0, 2)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: expect.any(expected) });
    expect(results[2]).toMatchObject({ status: 'fulfilled' });
    expect(await store.readStream(good)).toHaveLength(1);
    expect(await store.readStream(taken)).toHaveLength(2);
  });

  it('are not repeated after the connection was lost, since they may have been stored', async () => {
    let calls = 0;
    const lost = new Error('Connection terminated unexpectedly');
    const batching = new BatchingAppender({
      appendAll: () => {
        calls++;
        return Promise.reject(lost);
      },
    });
    const results = await Promise.allSettled([batching.append(one('a', 0n)), batching.append(one('b', 0n))]);
    expect(results).toEqual([1, 2].map(() => ({ status: 'rejected', reason: lost })));
    expect(calls).toBe(1);
  });
});
