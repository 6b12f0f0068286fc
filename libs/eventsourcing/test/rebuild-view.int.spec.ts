import { randomUUID } from 'node:crypto';
import { type Database, grantsToService, openDatabase, type Tx } from '@crossroads/database';
import {
  eventStoreMigrations,
  type LogEvent,
  ownLog,
  partitionsOf,
  PostgresEventStore,
  rebuildView,
  type RebuildOptions,
  type View,
} from '@crossroads/eventsourcing';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const HOLDER = randomUUID();
const STREAMS = Array.from({ length: 20 }, (_, n) => `stream-${n}`);

const TABLE = `
  create table totals (
    stream text primary key,
    nr     int  not null generated always as identity,
    total  int  not null check (total > 0),
    note   text
  ) with (fillfactor = 70);
  create index totals_by_size on totals (total) where total > 1;
  create unique index totals_numbers on totals (nr);
  comment on table totals is 'What was added to each stream'`;

class Totals1764201700000 {
  async up(runner: { query(sql: string): Promise<unknown> }): Promise<void> {
    await runner.query(TABLE);
    await runner.query(grantsToService({ totals: 'select, insert, update (total, note)' }));
  }
  async down(): Promise<void> {
    // Dropped with the database.
  }
}

/** Each stream's `Added` events, summed up. `note` is in no event. */
const view: View<LogEvent> = {
  table: 'totals',
  types: ['Added'],
  key: 'stream',
  compared: ['total'],
  apply: (tx, events) => {
    const added = events.map(({ data }) => addedOf(data));
    return tx.query(
      `insert into totals_rebuilt as t (stream, total)
        select stream, sum(n) from unnest($1::text[], $2::int[]) added (stream, n) group by stream order by stream
        on conflict (stream) do update set total = t.total + excluded.total`,
      [added.map(({ stream }) => stream), added.map(({ n }) => n)],
    );
  },
  carriedOver: { columns: ['note'], keysOf: (events) => events.map(({ data }) => addedOf(data).stream) },
};

interface Added {
  readonly stream: string;
  readonly n: number;
}
// Written by `write` below.
const addedOf = (data: unknown): Added => data as Added;
describe('the rebuild of a view', () => {
  let database: TestDatabase;
  let db: Database;
  let migrator: Database;
  let store: PostgresEventStore;
  const revisions = new Map<string, bigint>();
  const said: string[] = [];

  beforeEach(async () => {
    revisions.clear();
    said.length = 0;
    database = await testDatabase(...eventStoreMigrations, Totals1764201700000);
    db = await openDatabase({ url: database.url });
    migrator = await openDatabase({ url: database.migratorUrl, poolSize: 16 });
    store = new PostgresEventStore(db);
    await migrator.query(
      `insert into es.leases (role, partition, holder, token, expires_at)
       select 'log', p, $1, 1, now() + interval '1 hour' from unnest($2::smallint[]) p`,
      [HOLDER, partitionsOf('main')],
    );
  });
  afterEach(async () => {
    await migrator.close();
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  /** As a service does it: the event and the row in one transaction, which stays open while `held` runs. */
  const write = async (stream: string, held: (tx: Tx) => Promise<unknown> = async () => undefined): Promise<void> => {
    const revision = revisions.get(stream) ?? 0n;
    revisions.set(stream, revision + 1n);
    await db.transaction(async (tx) => {
      const events = [
        { type: 'Added', data: { stream, n: 1 } },
        { type: 'Else', data: {} },
      ];
      await store
        .inTransaction(tx)
        .append([{ streamId: stream, streamType: 'sum', expectedRevision: revision * 2n, events }]);
      await tx.query(
        `insert into totals as t (stream, total) values ($1, 1) on conflict (stream) do update set total = t.total + 1`,
        [stream],
      );
      await held(tx);
    });
  };
  const writeAll = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await Promise.all(STREAMS.map((stream) => write(stream)));
  };
  const stamp = (limit = 1_000) =>
    db.query('select count(*) from es.stamp($1, $2, $3)', [HOLDER, partitionsOf('main'), limit]);
  const totals = () =>
    db.query<{ stream: string; total: number; note: string | null }>(
      'select stream, total, note from totals order by 1',
    );
  const rebuild = (options: Partial<RebuildOptions> = {}, of: View<LogEvent> = view) =>
    rebuildView(migrator, of, ownLog(migrator), { say: (line) => said.push(line), ...options });
  const formOfTable = () =>
    migrator.query(
      `select 'index' as what, indexname as name, indexdef as form from pg_indexes where tablename like 'totals%'
        union all select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'totals'::regclass
        union all select 'table', relname, concat(reloptions::text, relacl::text, obj_description(oid, 'pg_class'))
          from pg_class where relkind in ('r', 'S') and relname like 'totals%'
        union all select 'column', attname, attacl::text from pg_attribute where attrelid = 'totals'::regclass and attacl is not null
        order by 1, 2`,
    );

  it('makes the same rows and the same table, of events with and without a position', async () => {
    await writeAll(3);
    await stamp();
    // A pass that met its limit, and events that none has seen.
    await writeAll(2);
    await stamp(1);
    await writeAll(1);
    await db.query("update totals set note = 'about ' || stream");
    const [rows, form] = [await totals(), await formOfTable()];
    expect(await rebuild()).toMatchObject({ events: 120, rows: 20, differing: 0 });
    expect(await totals()).toEqual(rows);
    expect(await formOfTable()).toEqual(form);
    // The numbers that the database gives go on.
    await write('another stream');
    expect(await db.query("select nr from totals where stream = 'another stream' and nr > 20")).toHaveLength(1);
    expect(await rebuild()).toMatchObject({ events: 121, differing: 0 });
    expect(await totals()).toHaveLength(21);
    expect(await migrator.query("select from es.steps where reader = 'rebuild totals'")).toEqual([]);
  });

  it('counts live rows that are wrong, lost or too many, and they are right afterwards', async () => {
    await writeAll(2);
    await stamp();
    const rows = await totals();
    await db.query("update totals set total = 99 where stream = 'stream-1'");
    await migrator.query("delete from totals where stream in ('stream-2', 'stream-3')");
    await db.query("insert into totals (stream, total) values ('nobody', 1)");
    expect(await rebuild()).toMatchObject({ rows: 20, differing: 4 });
    expect(await totals()).toEqual(rows);
  });

  it('goes on where it was interrupted, and begins anew if it is told to', async () => {
    await writeAll(4);
    await stamp();
    let applied = 0;
    const interrupted: View<LogEvent> = {
      ...view,
      apply: async (tx, events) => {
        if (applied >= 30) throw new Error('interrupted');
        await view.apply(tx, events);
        applied += events.length;
      },
    };
    await expect(rebuild({}, { ...interrupted, batchSize: 2 })).rejects.toThrow('interrupted');
    const before = applied;
    const { events, differing, rows } = await rebuild({}, { ...view, batchSize: 2 });
    expect({ events, differing, rows }).toEqual({ events: 80 - before, differing: 0, rows: 20 });
    expect(said.at(0)).toMatch(/goes on behind \d+ positions/);
    applied = 0;
    await expect(rebuild({}, { ...interrupted, batchSize: 2 })).rejects.toThrow('interrupted');
    expect(await rebuild({ fresh: true })).toMatchObject({ events: 80, differing: 0 });
  });

  it('loses nothing that is written meanwhile, and no writer fails', async () => {
    await writeAll(3);
    const stopping = new AbortController();
    const writing = STREAMS.slice(0, 3).map(async (stream) => {
      for (; !stopping.signal.aborted; ) await write(stream);
    });
    const stamping = (async () => {
      for (; !stopping.signal.aborted; ) await stamp();
    })();
    try {
      for (let n = 0; n < 2; n++) expect((await rebuild()).differing).toBe(0);
    } finally {
      stopping.abort();
      await Promise.all([...writing, stamping]);
    }
    const expected = [...revisions].map(([stream, total]) => ({ stream, total: Number(total), note: null }));
    expect(await totals()).toEqual(expected.sort((a, b) => (a.stream < b.stream ? -1 : 1)));
  });

  it('leaves a busy table to its readers and writers, and switches once it is free', async () => {
    await writeAll(2);
    await stamp();
    const holding = Promise.withResolvers<void>();
    let isHeld = true;
    const holder = write('stream-0', async (tx) => {
      await tx.query("update totals set note = 'held' where stream = 'stream-0'");
      holding.resolve();
      while (isHeld) await tx.query('select pg_sleep(0.01)');
    });
    await holding.promise;
    const rebuilding = rebuild();
    await eventually(
      () => said.filter((line) => line.includes('busy')).length,
      (count) => count >= 2,
    );
    await write('stream-1');
    expect((await totals()).find(({ stream }) => stream === 'stream-1')).toMatchObject({ total: 3 });
    isHeld = false;
    await holder;
    expect(await rebuilding).toMatchObject({ differing: 0, events: 42 });
    expect((await totals())[0]).toEqual({ stream: 'stream-0', total: 3, note: 'held' });
  });

  it('stops when another rebuild of the view goes on from the same place', async () => {
    await writeAll(2);
    await stamp();
    const entered = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const waiting: View<LogEvent> = {
      ...view,
      apply: async (tx, events) => {
        entered.resolve();
        await released.promise;
        await view.apply(tx, events);
      },
    };
    const first = rebuild({}, waiting);
    await entered.promise;
    const second = rebuild();
    await eventually(
      () =>
        migrator.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
      (waiting) => waiting.length > 0,
    );
    released.resolve();
    const ended = await Promise.allSettled([first, second]);
    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    // Each may have met the other in one of its partitions: then both end, and the next run goes on.
    expect(new Set(refused)).toEqual(new Set(['Error: another rebuild of totals is running']));
    await rebuild();
    expect(await totals()).toHaveLength(20);
  });

  it('refuses a table with what it does not copy', async () => {
    await migrator.query('create table notes (stream text references totals)');
    await expect(rebuild()).rejects.toThrow('totals cannot be rebuilt: it has partitions, foreign keys or triggers');
  });
});
