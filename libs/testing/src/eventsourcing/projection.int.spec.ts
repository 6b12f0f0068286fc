import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  type DomainEvent,
  eventStoreMigrations,
  ignore,
  LOG_START,
  MemoryEventStore,
  PostgresEventStore,
  type Projection,
  plainCodec,
  project,
  readPublished,
  startProjection,
} from '@crossroads/eventsourcing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../eventually.js';
import { type TestDatabase, testDatabase, testPostgres } from '../postgres.js';

type Opened = DomainEvent<'Opened', { owner: string }>;
type Moved = DomainEvent<'Moved', { by: number }>;
type Noted = DomainEvent<'Noted', { text: string }>;
type AccountEvent = Opened | Moved | Noted;

const tables = [1, 2].map((version) => ({
  name: `balances-${version}`,
  sql: `create table balances_v${version} (id text primary key, owner text not null, balance int not null, revision bigint not null)`,
}));

/** `factor` is what the second version does otherwise. */
const balances = (version: number, factor: number): Projection<AccountEvent> => ({
  name: 'balances',
  version,
  streamTypes: ['account'],
  on: {
    Opened: (tx, { streamId, revision, data }) =>
      tx.query(`insert into balances_v${version} values ($1, $2, 0, $3) on conflict do nothing`, [
        streamId,
        data.owner,
        revision,
      ]),
    Moved: (tx, { streamId, revision, data }) =>
      tx.query(
        `update balances_v${version} set balance = balance + $2, revision = $3 where id = $1 and revision < $3`,
        [streamId, data.by * factor, revision],
      ),
    Noted: ignore,
  },
});

describe('a projection', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  const onError = (error: unknown): void => {
    throw error;
  };

  beforeEach(async () => {
    database = await testDatabase(...eventStoreMigrations, ...tables);
    db = await openDatabase({ url: database.url });
    store = new PostgresEventStore(db);
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const rows = (version: number) => db.query<{ balance: number }>(`select * from balances_v${version} order by id`);

  const write = async (count: number, streamType = 'account'): Promise<string> => {
    const streamId = randomUUID();
    const moved = Array.from({ length: count }, (_, n) => ({ type: 'Moved', data: { by: n } }));
    const events = [{ type: 'Opened', data: { owner: 'o' } }, { type: 'Noted', data: { text: 't' } }, ...moved];
    await store.append([{ streamId, streamType, expectedRevision: 0n, events }]);
    return streamId;
  };

  it('comes out the same in batches of any size, with repeats', async () => {
    for (const count of [0, 3, 5, 1]) await write(count);
    await write(4, 'other');
    const log = await eventually(
      () => store.readLog(LOG_START, 100),
      (events) => events.length === 23,
    );
    const view = balances(1, 1);
    const fold = async (batches: readonly (typeof log)[]) => {
      await db.query('delete from balances_v1');
      for (const batch of batches) await db.transaction((tx) => project(view, plainCodec(), batch, tx));
      return rows(1);
    };
    const expected = await fold([log]);
    expect(expected.map(({ balance }) => balance).toSorted((a, b) => a - b)).toEqual([0, 0, 3, 10]);

    // At least once: each batch begins anywhere up to where the last one ended.
    const steps = fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), back: fc.nat(6) }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const batches: (typeof log)[] = [];
        let end = 0;
        for (const { size, back } of plan) {
          const start = Math.max(0, end - back);
          batches.push(log.slice(start, start + size));
          end = Math.max(end, start + size);
        }
        batches.push(log.slice(end));
        expect(await fold(batches)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('builds a new version beside the live one and switches over when it has caught up', async () => {
    const [v1, v2] = [balances(1, 1), balances(2, 10)];
    await write(4);
    const before = await startProjection({ db, store, versions: [v1], onError });
    await before.caughtUp();
    expect(before.live()).toBe(v1);
    await before.close();

    // The new version cannot go on before the spec lets it.
    const gate = Promise.withResolvers<void>();
    const Opened: typeof v2.on.Opened = async (tx, event) => {
      await gate.promise;
      return v2.on.Opened(tx, event);
    };
    const held = { ...v2, on: { ...v2.on, Opened } };
    const running = await startProjection({ db, store, versions: [held, v1], onError });
    await write(4);
    await eventually(
      () => rows(1),
      (all) => all.length === 2 && all.every(({ balance }) => balance === 6),
    );
    expect(running.live()).toBe(v1);
    expect(await rows(2)).toEqual([]);

    gate.resolve();
    await running.caughtUp();
    expect(running.live()).toBe(held);
    await write(4);
    await running.caughtUp();
    expect((await rows(2)).map(({ balance }) => balance)).toEqual([60, 60, 60]);
    // Nobody here reads the old one any more.
    expect(await rows(1)).toHaveLength(2);
    await running.close();

    const restarted = await startProjection({ db, store, versions: [v1, v2], onError });
    expect(restarted.live()).toBe(v2);
    await restarted.close();
  });

  it('does not compile without a decision about each event', () => {
    // @ts-expect-error: Noted is missing
    const incomplete: Projection<AccountEvent>['on'] = { Opened: ignore, Moved: ignore };
    expect(Object.keys(incomplete)).toHaveLength(2);
  });
});

describe('what was published', () => {
  it.each([1, 2, 3, 4, 500])('is read from a cursor to the end in batches of %i', async (batchSize) => {
    const store = new MemoryEventStore();
    for (let n = 1; n <= 6; n++)
      await store.append([
        {
          streamId: `${n}`,
          streamType: 't',
          expectedRevision: 0n,
          events: [{ type: n % 3 === 0 ? 'B' : 'A', data: n }],
        },
      ]);
    const published = async ({ type, data }: { type: string; data: unknown }) =>
      data === 5 ? undefined : { topic: `topic.${type}`, event: data };
    const read = async (topic: string, after = LOG_START) => {
      const all = [];
      for await (const one of readPublished(store, { topic, after, batchSize }, published)) all.push(one);
      return all;
    };
    const all = await read('topic.A');
    expect(all.map(({ event }) => event)).toEqual([1, 2, 4]);
    expect((await read('topic.A', all[0]?.cursor)).map(({ event }) => event)).toEqual([2, 4]);
    expect(await read('topic.C')).toEqual([]);
  });
});
