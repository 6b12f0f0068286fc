import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  type Cursor,
  eventStoreMigrations,
  LOG_QUERY,
  LOG_START,
  PostgresEventStore,
  type Processor,
  type Recorded,
  startProcessor,
} from '@crossroads/eventsourcing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, ownPostgres, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';

const one = (streamId: string, expectedRevision: bigint, n: number) => ({
  streamId,
  streamType: 'test',
  expectedRevision,
  events: [{ type: 'Counted', data: { n } }],
});

const numbers = (events: readonly Recorded[]): unknown[] => events.map(({ data }) => data);

describe('the log', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let slow: pg.Client;

  beforeEach(async () => {
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url, poolSize: 30 });
    store = new PostgresEventStore(db);
    slow = new pg.Client({ connectionString: database.url });
    await slow.connect();
  });
  afterEach(async () => {
    await slow.end();
    await db.close();
    await database.drop();
  });
  // Its transactions stay open for as long as a test likes.
  beforeAll(() => ownPostgres());
  afterAll(async () => (await testPostgres()).stop());

  /** Appends in a transaction that the spec commits or rolls back. */
  const appendSlowly = async (n: number, streamId: string = randomUUID()): Promise<void> => {
    await slow.query('begin');
    const row = {
      stream_id: streamId,
      stream_type: 'test',
      revision: 1,
      event_id: randomUUID(),
      type: 'Counted',
      schema_version: 1,
    };
    await slow.query('select es.append($1)', [JSON.stringify([{ ...row, data: { n }, metadata: {} }])]);
  };

  it('does not skip the event of a transaction that is still open when a later one commits', async () => {
    await appendSlowly(1);
    await store.append([one(randomUUID(), 0n, 2)]);
    expect(await store.readLog(LOG_START, 10)).toEqual([]);
    await slow.query('commit');
    const log = await eventually(
      () => store.readLog(LOG_START, 10),
      (events) => events.length === 2,
    );
    expect(numbers(log)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('shows later events after a transaction was rolled back', async () => {
    await appendSlowly(1);
    await store.append([one(randomUUID(), 0n, 2)]);
    await slow.query('rollback');
    const log = await eventually(
      () => store.readLog(LOG_START, 10),
      (events) => events.length > 0,
    );
    expect(numbers(log)).toEqual([{ n: 2 }]);
  });

  it('shows events while a transaction that only reads is open', async () => {
    await slow.query('begin isolation level repeatable read');
    await slow.query('select count(*) from es.events');
    await store.append([one(randomUUID(), 0n, 1)]);
    const log = await eventually(
      () => store.readLog(LOG_START, 10),
      (events) => events.length > 0,
    );
    expect(numbers(log)).toEqual([{ n: 1 }]);
    await slow.query('commit');
  });

  it('orders events by transaction first, since a younger one may have the lower position', async () => {
    await slow.query('begin');
    await slow.query('select pg_current_xact_id()');
    const [older, younger] = [randomUUID(), randomUUID()];
    await store.append([one(younger, 0n, 2)]);
    const row = {
      stream_id: older,
      stream_type: 'test',
      revision: 1,
      event_id: randomUUID(),
      type: 'Counted',
      schema_version: 1,
    };
    await slow.query('select es.append($1)', [JSON.stringify([{ ...row, data: { n: 1 }, metadata: {} }])]);
    await slow.query('commit');
    const log = await eventually(
      () => store.readLog(LOG_START, 10),
      (events) => events.length === 2,
    );
    expect(numbers(log)).toEqual([{ n: 1 }, { n: 2 }]);
    expect(Number(log[0]?.cursor.position)).toBeGreaterThan(Number(log[1]?.cursor.position));
    // From between the two, a reader gets the second one.
    expect(numbers(await store.readLog(log[0]?.cursor ?? LOG_START, 10))).toEqual([{ n: 2 }]);
  });

  it('is handled by a processor once and in order, with 20 writers and slow commits', async () => {
    const seen: Recorded[] = [];
    const onError = (error: unknown): void => {
      throw error;
    };
    const processor = startProcessor({
      db,
      store,
      name: 'reader',
      batchSize: 7,
      onError,
      handle: async (batch) => seen.push(...batch),
    });
    const streams = Array.from({ length: 20 }, () => randomUUID());
    const write = async (streamId: string): Promise<void> => {
      for (let n = 0; n < 15; n++)
        await db.transaction(async (tx) => {
          await store.inTransaction(tx).append([one(streamId, BigInt(n), n)]);
          await tx.query('select pg_sleep(random() * 0.02)');
        });
    };
    await Promise.all(streams.map(write));
    await processor.caughtUp();
    await processor.close();
    expect(seen).toHaveLength(300);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(300);
    for (const streamId of streams)
      expect(numbers(seen.filter((event) => event.streamId === streamId))).toEqual(
        Array.from({ length: 15 }, (_, n) => ({ n })),
      );
  });

  it('is read through its index, without a sort', async () => {
    await db.query(`insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
      select 'stream ' || n, 'test', 1, gen_random_uuid(), 'Counted', 1, '{}', '{}' from generate_series(1, 25000) n`);
    const admin = new pg.Client({ connectionString: database.adminUrl });
    await admin.connect();
    await admin.query('vacuum analyze es.events');
    await admin.end();
    const middle = await db.query<{ transaction_id: bigint; position: bigint }>(
      'select transaction_id, position from es.events where position = 12000',
    );
    for (const mode of ['force_custom_plan', 'force_generic_plan']) {
      await slow.query(`set plan_cache_mode = ${mode}`);
      await slow.query(`prepare ${mode} as ${LOG_QUERY.text}`);
      const after = `${middle[0]?.transaction_id}::text::xid8, ${middle[0]?.position}, 500`;
      const { rows } = await slow.query<{ 'QUERY PLAN': string }>(
        `explain (analyze, costs off) execute ${mode} (${after})`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/Index Scan using events_log on events \(actual time=[^)]*rows=500/);
      expect(plan).toMatch(/Index Cond: .*ROW\(transaction_id, "position"\) >.*pg_snapshot_xmin/s);
      expect(plan).not.toContain('Sort');
    }
  });

  describe('of any length', () => {
    /** Pages that an append touches which is planned while the table is empty, and kept. */
    const pagesOf = async (append: (revision: number) => string): Promise<number> => {
      const pages = async (revision: number): Promise<number> => {
        const { rows } = await slow.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, buffers, costs off) ${append(revision)}`,
        );
        const [, hit] = /shared hit=(\d+)/.exec(rows.map((row) => row['QUERY PLAN']).join('\n')) ?? [];
        return Number(hit);
      };
      await pages(1);
      await pages(2);
      await db.query(`insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
        select 'stream ' || n, 'test', 1, gen_random_uuid(), 'Counted', 1, '{}', '{}' from generate_series(1, 25000) n`);
      return pages(3);
    };
    it('is appended to at the same cost, also without statistics', async () => {
      const row = { stream_id: 'one', stream_type: 'test', type: 'Counted', schema_version: 1, data: {}, metadata: {} };
      const append = (revision: number) => {
        const rows = [{ ...row, event_id: randomUUID(), revision, after: revision > 1 ? revision - 1 : null }];
        return `select es.append('${JSON.stringify(rows)}')`;
      };
      expect(await pagesOf(append)).toBeLessThan(100);
    });
  });

  describe('a processor', () => {
    const failing: Processor[] = [];
    afterEach(async () => {
      await Promise.all(failing.splice(0).map((processor) => processor.close()));
    });
    const start = (
      options: Partial<Parameters<typeof startProcessor>[0]> & Pick<Parameters<typeof startProcessor>[0], 'handle'>,
    ) => {
      const processor = startProcessor({ db, store, name: 'p', onError: () => undefined, ...options });
      failing.push(processor);
      return processor;
    };

    it('commits what it writes together with its checkpoint, and retries', async () => {
      const migrator = new pg.Client({ connectionString: database.migratorUrl });
      await migrator.connect();
      await migrator.query('create table handled (n int)');
      await migrator.end();
      const errors: unknown[] = [];
      const processor = start({
        onError: (error) => errors.push(error),
        handle: async (batch, tx) => {
          for (const { data } of batch)
            await tx.query("insert into handled values (($1::jsonb->>'n')::int)", [JSON.stringify(data)]);
          if (errors.length < 2) throw new Error('not yet');
        },
      });
      await store.append([one(randomUUID(), 0n, 1)]);
      await store.append([one(randomUUID(), 0n, 2)]);
      await processor.caughtUp();
      expect(errors).toHaveLength(2);
      expect(await db.query('select n from handled order by n')).toEqual([{ n: 1 }, { n: 2 }]);
    });

    it('does not move its checkpoint when the commit fails', async () => {
      const migrator = new pg.Client({ connectionString: database.migratorUrl });
      await migrator.connect();
      await migrator.query('create table handled (n int unique deferrable initially deferred)');
      await migrator.end();
      const errors: unknown[] = [];
      const processor = start({
        onError: (error) => errors.push(error),
        handle: async (batch, tx) => {
          const once = `insert into handled select n from generate_series(1, $1::int) n`;
          await tx.query(once, [batch.length]);
          if (errors.length === 0) await tx.query(once, [batch.length]);
        },
      });
      await store.append([one(randomUUID(), 0n, 1)]);
      await processor.caughtUp();
      expect(errors).toHaveLength(1);
      expect(await db.query('select n from handled')).toEqual([{ n: 1 }]);
    });

    it('resumes at its checkpoint', async () => {
      const handled: unknown[] = [];
      for (const n of [1, 2]) {
        await store.append([one(randomUUID(), 0n, n)]);
        const processor = start({ handle: async (batch) => handled.push(...numbers(batch)) });
        await processor.caughtUp();
        await processor.close();
      }
      expect(handled).toEqual([{ n: 1 }, { n: 2 }]);
    });

    it('is active in one process at a time, and another takes over when that one ends', async () => {
      const elsewhere = await openDatabase({ url: database.url });
      const seen: string[] = [];
      const first = start({ handle: async (batch) => batch.forEach(({ id }) => void seen.push(`first ${id}`)) });
      await eventually(async () => first.active(), Boolean);
      const second = start({
        db: elsewhere,
        store: new PostgresEventStore(elsewhere),
        handle: async (batch) => batch.forEach(({ id }) => void seen.push(`second ${id}`)),
      });
      const third = start({ handle: async () => undefined });
      await store.append([one(randomUUID(), 0n, 1)]);
      await second.caughtUp();
      expect([second.active(), third.active()]).toEqual([false, false]);
      await Promise.all([first.close(), third.close()]);
      await store.append([one(randomUUID(), 0n, 2)]);
      await second.caughtUp();
      expect(second.active()).toBe(true);
      expect(seen.map((line) => line.split(' ')[0])).toEqual(['first', 'second']);
      await second.close();
      await elsewhere.close();
    });

    it('handles what another process appends, with a notification or without', async () => {
      const elsewhere = await openDatabase({ url: database.url });
      const seen: Recorded[] = [];
      const processor = start({ handle: async (batch) => seen.push(...batch) });
      await new PostgresEventStore(elsewhere).append([one(randomUUID(), 0n, 1)]);
      // Without a notification:
      await slow.query(`insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
        values ('silent', 'test', 1, gen_random_uuid(), 'Counted', 1, '{"n": 2}', '{}')`);
      await processor.caughtUp();
      expect(numbers(seen)).toEqual([{ n: 1 }, { n: 2 }]);
      await elsewhere.close();
    });

    it('continues after the server has dropped every connection', async () => {
      const seen: Recorded[] = [];
      const processor = start({ handle: async (batch) => seen.push(...batch) });
      await store.append([one(randomUUID(), 0n, 1)]);
      await processor.caughtUp();
      slow.on('error', () => undefined);
      await database.dropConnections();
      expect(await eventually(() => db.ready(), Boolean)).toBe(true);
      await eventually(
        () =>
          store.append([one(randomUUID(), 0n, 2)]).then(
            () => true,
            () => false,
          ),
        Boolean,
      );
      await processor.caughtUp();
      expect(numbers(seen)).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await eventually(() => processor.active(), Boolean)).toBe(true);
    });

    it('ends after the current batch', async () => {
      let ended = false;
      const begun = Promise.withResolvers<void>();
      const processor = start({
        handle: async (_batch, _tx, signal) => {
          begun.resolve();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          ended = true;
        },
      });
      await store.append([one(randomUUID(), 0n, 1)]);
      await begun.promise;
      await processor.close();
      expect(ended).toBe(true);
      const [row] = await db.query<{ position: bigint }>("select position from es.checkpoints where processor = 'p'");
      const position: Cursor['position'] | undefined = row?.position;
      expect(position).toBe(processor.position().position);
    });
  });
});
