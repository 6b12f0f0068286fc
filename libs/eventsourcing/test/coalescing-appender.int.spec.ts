import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  type Append,
  coalescingAppender,
  eventStoreMigrations,
  PostgresEventStore,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';

const one = (streamId: string, expectedRevision: bigint, data: number | string = 1) => [
  { streamId, streamType: 't', expectedRevision, events: [{ type: 'T', data }] },
];

describe('appends that travel together', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let trips: number[];

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
    trips = [];
    return coalescingAppender({
      appendAll: (batch: readonly Append[]) => {
        trips.push(batch.length);
        return store.appendAll(batch);
      },
    });
  };

  it('takes few trips for many', async () => {
    const together = appender();
    const streams = Array.from({ length: 100 }, () => randomUUID());
    await Promise.all(streams.map((streamId) => together.append(one(streamId, 0n))));
    expect(trips).toEqual([100]);
    const written = await store.readStreams(streams);
    expect([...written.values()].every((events) => events.length === 1)).toBe(true);
  });

  it.each([
    ['a lost race', (taken: string) => one(taken, 0n), WrongExpectedRevision],
    ['data that PostgreSQL cannot keep', () => one(randomUUID(), 0n, '\u0000'), Error],
  ])('is not failed by another one: %s', async (_, bad, expected) => {
    const together = appender();
    const [taken, good] = [randomUUID(), randomUUID()];
    await store.append(one(taken, 0n));
    const results = await Promise.allSettled([
      together.append(one(good, 0n)),
      together.append(bad(taken)),
      together.append(one(taken, 1n)),
    ]);
    expect(results.map(({ status }) => status).slice(0, 2)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: expect.any(expected) });
    expect(results[2]).toMatchObject({ status: 'fulfilled' });
    expect(await store.readStream(good)).toHaveLength(1);
    expect(await store.readStream(taken)).toHaveLength(2);
  });

  it('does not append again what may have been stored when the connection was lost', async () => {
    let calls = 0;
    const lost = new Error('Connection terminated unexpectedly');
    const together = coalescingAppender({
      appendAll: () => {
        calls++;
        return Promise.reject(lost);
      },
    });
    const results = await Promise.allSettled([together.append(one('a', 0n)), together.append(one('b', 0n))]);
    expect(results).toEqual([1, 2].map(() => ({ status: 'rejected', reason: lost })));
    expect(calls).toBe(1);
  });

  it('keeps the order of appends to one stream that do not wait for each other', async () => {
    const together = appender();
    const streamId = randomUUID();
    await Promise.all(Array.from({ length: 8 }, (_, n) => together.append(one(streamId, BigInt(n), n))));
    expect((await store.readStream(streamId)).map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(trips).toEqual(Array(8).fill(1));
  });
});
