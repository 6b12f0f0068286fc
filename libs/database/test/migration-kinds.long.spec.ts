import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type Database,
  leasesMigrations,
  type MigrateOptions,
  type MigrationClass,
  migrate,
  openDatabase,
  prepareSchemas,
} from '@crossroads/database';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { BATCHES, countingBackfill } from './counting-backfill.js';
import { migrationOf, THINGS } from './sample-migrations.js';

const NOTE = migrationOf('Note1764000000001', 'alter table things add column note text');
const withStatics = (migration: MigrationClass, statics: Partial<MigrationClass>): MigrationClass =>
  Object.assign(migration, statics);

describe('a migration', () => {
  let database: TestDatabase;
  let db: Database;
  let said: { readonly what: string; readonly [detail: string]: unknown }[];

  beforeEach(async () => {
    database = await testDatabase(THINGS);
    db = await openDatabase({ url: database.url });
    said = [];
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const run = (migrations: readonly MigrationClass[], options: Partial<MigrateOptions> = {}) =>
    migrate({
      url: database.migratorUrl,
      appRole: database.appRole,
      migrations,
      say: (what, details) => void said.push({ what, ...details }),
      ...options,
    });
  const asOwner = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client({ connectionString: database.migratorUrl });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it('that waits for a lock lets those behind it pass, and is repeated until it has it', async () => {
    await asOwner(async (slow) => {
      await slow.query('begin; select from things');
      const migrating = run([THINGS, NOTE]);
      const isWaiting = () =>
        asOwner((client) =>
          client.query(`select from pg_stat_activity where wait_event_type = 'Lock'
          and query ~ 'alter table things' and datname = current_database()`),
        );
      await eventually(isWaiting, ({ rowCount }) => rowCount === 1);
      // They queue behind the migration: more of them, one after the other, than would fit before their own limit if it waited on.
      for (const n of [1, 2]) {
        await eventually(isWaiting, ({ rowCount }) => rowCount === 1);
        await db.query('insert into things (n) values ($1)', [n]);
      }
      await eventually(
        () => said.filter(({ what }) => what === 'a migration waits for a lock'),
        ({ length }) => length > 0,
      );
      await slow.query('commit');
      await migrating;
    });
    expect(await db.query('select n, note from things order by n')).toEqual([
      { n: 1, note: null },
      { n: 2, note: null },
    ]);
  });

  it('in a transaction may not build an index concurrently, and says what to do', async () => {
    const wrong = migrationOf('Wrong1764000000002', 'create index concurrently things_n on things (n)');
    await expect(run([THINGS, wrong])).rejects.toThrow('transaction block');
    const old = migrationOf('Old1764000000003');
    Object.assign(old.prototype as object, { transaction: false });
    await expect(run([THINGS, old])).rejects.toThrow(`it has to say "static readonly kind = 'online'"`);
  });

  describe('that is online', () => {
    const INDEX = withStatics(
      migrationOf(
        'Indexes1764000000002',
        'create index concurrently things_id on things (id, n)',
        'create unique index concurrently things_n on things (n)',
      ),
      { kind: 'online' },
    );
    const indexes = () =>
      db.query(`select c.relname as name, i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid = 'things'::regclass and not i.indisprimary order by 1`);

    it('repairs the invalid index of a failed attempt, and leaves alone what is there', async () => {
      await db.query('insert into things (n) values (1), (1)');
      await expect(run([THINGS, INDEX])).rejects.toThrow('could not create unique index');
      expect(await indexes()).toEqual([
        { name: 'things_id', valid: true },
        { name: 'things_n', valid: false },
      ]);
      await db.query('delete from things where id = 1');
      await run([THINGS, INDEX]);
      expect(await indexes()).toEqual([
        { name: 'things_id', valid: true },
        { name: 'things_n', valid: true },
      ]);
      expect(said).toMatchObject([{ what: 'an invalid index is dropped', index: 'things_n' }]);
    });

    it('waits for older transactions as long as they last, and says so', async () => {
      await asOwner(async (slow) => {
        await slow.query('begin isolation level repeatable read; select from things');
        const migrating = run([THINGS, INDEX]);
        // Longer than a lock is waited for.
        await eventually(
          () => said.filter(({ what }) => what === 'a migration goes on'),
          ({ length }) => length >= 2,
        );
        expect(said[0]).toMatchObject({ phase: expect.stringMatching(/waiting/), transactionsWaitedFor: '1' });
        await slow.query('commit');
        await migrating;
      });
      expect(await indexes()).toHaveLength(2);
    });
  });

  describe('that fills rows', () => {
    it('goes on where it was after its process was killed', async () => {
      await db.query('insert into things (n) select 0 from generate_series(1, 1000)');
      const program = new URL('run-backfill.js', import.meta.url).pathname;
      const child = spawn(process.execPath, [program, database.migratorUrl, database.appRole], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.on('data', (chunk) => {
        printed += String(chunk);
      });
      const ended = once(child, 'exit');
      await eventually(
        () => printed,
        (text) => text.includes('batch 4'),
      );
      child.kill('SIGKILL');
      await ended;
      const handled = await db.query<{ n: bigint }>('select count(*) as n from things where n = 1');
      expect(Number(handled[0]?.n)).toBeGreaterThanOrEqual(BATCHES.size * 3);
      expect(Number(handled[0]?.n)).toBeLessThan(1_000);

      const places: unknown[] = [];
      await run([THINGS, countingBackfill((place) => void places.push(place))]);
      expect(places[0]).toBe(Number(handled[0]?.n));
      expect(await db.query('select n, count(*) as rows from things group by n')).toEqual([{ n: 1, rows: 1_000n }]);
      const left = await asOwner((client) => client.query('select name from migration_places'));
      expect(left.rows).toEqual([]);
      await run([THINGS, countingBackfill(() => expect('ran').toBe('once'))]);
    });
  });

  describe('that contracts', () => {
    const DROP = withStatics(migrationOf('Drop1764000000002', 'alter table things drop column n'), {
      contracts: '2.1.0',
    });
    const ALL = [THINGS, ...leasesMigrations, DROP];
    const columns = async () =>
      (
        await db.query<{ name: string }>(
          `select column_name as name from information_schema.columns where table_name = 'things' order by 1`,
        )
      ).map(({ name }) => name);

    const runningAs = async (version: string): Promise<Database> => {
      const process = await openDatabase({
        url: database.url,
        poolSize: 1,
        leases: { version, ttlMs: 1_500, renewMs: 300, lookMs: 100 },
      });
      const share = process.leases.hold('log', [0, 1]);
      await eventually(
        () => share.held(),
        ({ size }) => size > 0,
      );
      return process;
    };

    it('is left while an older process runs, and the service does not wait for it', async () => {
      await run([THINGS, ...leasesMigrations]);
      const older = await runningAs('2.0.9');
      await run(ALL);
      expect(await columns()).toEqual(['id', 'n']);
      expect(said).toEqual([
        {
          what: 'a migration is left until older processes have ended',
          migration: DROP.name,
          contracts: '2.1.0',
          older: ['1 of version 2.0.9'],
        },
      ]);
      const never = () => expect('waited').toBe('did not wait');
      await prepareSchemas([{ url: database.url, migratorUrl: undefined, migrations: ALL }], { say: never });
      await older.close();
      await run(ALL);
      expect(await columns()).toEqual(['id']);
    });

    it('waits for the older process if asked, while services start', async () => {
      await run([THINGS, ...leasesMigrations]);
      const [older, newer] = [await runningAs('2.0.9'), await runningAs('2.1.0')];
      const migrating = run(ALL, { contracting: 'wait' });
      await eventually(
        () => said,
        ({ length }) => length > 0,
      );
      expect(said[0]).toMatchObject({ what: 'a migration waits until older processes have ended' });
      const never = () => expect('waited').toBe('did not wait');
      await prepareSchemas([{ url: database.url, migratorUrl: undefined, migrations: ALL }], { say: never });
      expect(await columns()).toEqual(['id', 'n']);
      await older.close();
      await migrating;
      expect(await columns()).toEqual(['id']);
      await newer.close();
    });

    it('is no longer waited for when the process is asked to stop', async () => {
      await run([THINGS, ...leasesMigrations]);
      const older = await runningAs('1');
      const stopping = new AbortController();
      const say = () => stopping.abort(new Error('asked to stop'));
      await expect(run(ALL, { contracting: 'wait', say, signal: stopping.signal })).rejects.toThrow();
      await older.close();
    });
  });
});
