import { createHash, randomUUID } from 'node:crypto';
import { openDatabase } from '@crossroads/database';
import {
  type Append,
  BatchingAppender,
  eventStoreMigrations,
  PostgresEventStore,
  RequestIdReused,
  type RequestKey,
  uuidV7,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { eventStoreContract } from '@crossroads/eventsourcing/event-store.contract';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { testDatabase, testPostgres } from '@crossroads/testing';

const open = async (poolSize = 10) => {
  const database = await testDatabase(...eventStoreMigrations);
  const db = await openDatabase({ url: database.url, poolSize });
  const close = async () => {
    await db.close();
    await database.drop();
  };
  return { store: new PostgresEventStore(db), db, close };
};

eventStoreContract('the event store in PostgreSQL', () => open());

eventStoreContract('the event store in PostgreSQL, appends in batches', async () => {
  const { store, close } = await open();
  const batching = new BatchingAppender(store);
  return {
    close,
    store: {
      append: (appends, options) => batching.append(appends, options),
      answerTo: (request) => store.answerTo(request),
      readStream: (streamId, from) => store.readStream(streamId, from),
      readStreams: (streamIds, after) => store.readStreams(streamIds, after),
    },
  };
});

const one = (streamId: string, expectedRevision = 0n, request?: RequestKey): Append => ({
  appends: [{ streamId, streamType: 't', expectedRevision, events: [{ type: 'T', data: streamId }] }],
  ...(request ? { options: { request, answer: 'done' } } : {}),
});

const request = (requestId: string = uuidV7(), body = 'body'): RequestKey => ({
  institution: '0206731645',
  rpc: '/crossroads.test.v1.Test/Add',
  requestId,
  hash: createHash('sha256').update(body).digest(),
});

describe('the event store in PostgreSQL', () => {
  it('reads the last event of a stream', async () => {
    const { store, close } = await open();
    const events = [1, 2].map((data) => ({ type: 'T', data }));
    await store.append([{ streamId: 's', streamType: 't', expectedRevision: 0n, events }]);
    expect(await store.readLast('s')).toMatchObject({ revision: 2n, data: 2 });
    expect(await store.readLast('none')).toBeUndefined();
    await close();
  });
});

describe.each([3, 17])('an append of %d rows to the event store in PostgreSQL', (count) => {
  let opened: Awaited<ReturnType<typeof open>>;
  let store: PostgresEventStore;
  let streams: string[];

  beforeEach(async () => {
    opened = await open(1);
    store = opened.store;
    streams = Array.from({ length: count }, () => randomUUID());
  });
  afterEach(() => opened.close());

  /** Half of them with a request; in the middle another one. */
  const batchAround = (middle: Append): Append[] =>
    streams.map((streamId, n) => (n === count >> 1 ? middle : one(streamId, 0n, n % 2 === 0 ? request() : undefined)));
  const written = async () =>
    (
      await opened.db.query<{ stream_id: string; revision: bigint }>(
        'select stream_id, revision from es.events order by serial',
      )
    ).map(({ stream_id, revision }) => [stream_id, revision]);

  it('is in the order in which it was given, through one statement', async () => {
    await store.appendAll(streams.map((id) => one(id)));
    await store.appendAll(streams.map((id, n) => one(id, 1n, n % 2 === 0 ? request() : undefined)));
    expect(await written()).toEqual([1n, 2n].flatMap((revision) => streams.map((id) => [id, revision])));
    const prepared = await opened.db.query<{ name: string }>(
      "select name from pg_prepared_statements where name like 'es-append%'",
    );
    expect(prepared).toEqual([{ name: 'es-append' }]);
  });

  it.each([
    ['a stream that is there', 0n],
    ['a revision that is there', 1n],
    ['a revision to come', 3n],
  ])('leaves nothing where one of them lost a race: %s', async (_, expected) => {
    const taken = randomUUID();
    await store.appendAll([one(taken)]);
    await store.appendAll([one(taken, 1n)]);
    for (const lost of [one(taken, expected), one(taken, expected, request())]) {
      await expect(store.appendAll(batchAround(lost))).rejects.toThrow(WrongExpectedRevision);
      const alone = streams.map((id, n) => (n === count >> 1 ? lost : one(id)));
      await expect(store.appendAll(alone)).rejects.toThrow(WrongExpectedRevision);
    }
    expect(await written()).toEqual([1n, 2n].map((revision) => [taken, revision]));
  });

  it('leaves nothing where one of them comes after a stream that is not there', async () => {
    await expect(store.appendAll(batchAround(one(randomUUID(), 1n)))).rejects.toThrow(WrongExpectedRevision);
    expect(await written()).toEqual([]);
  });

  it('leaves nothing where one of them has a request id that was used', async () => {
    const id = uuidV7();
    await store.append([], { request: request(id), answer: 1 });
    const again = (body: string) => store.appendAll(batchAround(one(randomUUID(), 0n, request(id, body))));
    await expect(again('other')).rejects.toThrow(RequestIdReused);
    await expect(again('body')).rejects.toThrow(WrongExpectedRevision);
    expect(await written()).toEqual([]);
    expect(await store.answerTo(request(id))).toEqual({ answer: 1 });
  });

  it('leaves nothing where two of them have the same request', async () => {
    const twice = request();
    const batch = [one(randomUUID(), 0n, twice), ...batchAround(one(randomUUID(), 0n, twice))];
    await expect(store.appendAll(batch)).rejects.toThrow(WrongExpectedRevision);
    expect(await written()).toEqual([]);
  });

  it('is refused for the same reasons in a transaction of the caller', async () => {
    const id = uuidV7();
    await store.append([], { request: request(id), answer: 1 });
    const inside = (batch: readonly Append[]) =>
      opened.db.transaction((tx) => store.inTransaction(tx).appendAll(batch));
    const events = streams.map((streamId) => one(streamId));
    await expect(inside([...events.slice(1), one(randomUUID(), 1n)])).rejects.toThrow(WrongExpectedRevision);
    const again = (body: string) => inside(batchAround(one(randomUUID(), 0n, request(id, body))));
    // Nothing can be read in a transaction that has failed: `answerTo` says at the next attempt which of the two it was.
    for (const body of ['other', 'body']) await expect(again(body)).rejects.toThrow(WrongExpectedRevision);
    expect(await written()).toEqual([]);
    await inside(events);
    await expect(inside(events)).rejects.toThrow(WrongExpectedRevision);
    expect(await written()).toEqual(streams.map((id) => [id, 1n]));
  });
});

afterAll(async () => (await testPostgres()).stop());
