import {
  grantsToService,
  type MigrationClass,
  migrate,
  migrateSchemas,
  openDatabase,
  prepareSchemas,
} from '@crossroads/database';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrationOf, THINGS } from './sample-migrations.js';

const NOTE = migrationOf('Note1764000000001', 'alter table things add column note text');

describe('migrations', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await testDatabase();
  });
  afterEach(() => database.drop());
  afterAll(async () => (await testPostgres()).stop());

  const schema = (migratorUrl: string | undefined, migrations: readonly MigrationClass[] = [THINGS]) => ({
    url: database.url,
    migratorUrl,
    migrations,
  });
  const run = (...migrations: readonly MigrationClass[]) =>
    migrate({ url: database.migratorUrl, appRole: database.appRole, migrations });
  /** As the role that the service runs as. */
  const query = async (sql: string): Promise<unknown[]> => {
    const db = await openDatabase({ url: database.url });
    try {
      return await db.query(sql);
    } finally {
      await db.close();
    }
  };

  it('run once each, however many processes start at the same time', async () => {
    const counted = migrationOf('Counted1764000000002', 'insert into things (n) values (1)');
    await Promise.all(Array.from({ length: 4 }, () => run(THINGS, counted)));
    expect(await query('select n from things')).toEqual([{ n: 1 }]);
  });

  it('leave nothing of one that fails, and report its error', async () => {
    const create = 'create table half (id int)';
    const failing = migrationOf('Half1764000000002', create, 'select nonsense');
    await expect(run(THINGS, failing)).rejects.toThrow('nonsense');
    expect(await query('select n from things')).toEqual([]);
    await run(THINGS, migrationOf('Half1764000000002', create, grantsToService({ half: 'select' })));
    expect(await query('select id from half')).toEqual([]);
  });

  it('are refused when two have the same name', async () => {
    await expect(run(THINGS, THINGS)).rejects.toThrow('Duplicate migrations');
  });

  it('are refused when a name does not end in a timestamp', async () => {
    await expect(run(migrationOf('Things', 'create table things (id int)'))).rejects.toThrow('timestamp');
  });

  it('let the role of the service use its tables', async () => {
    await run(THINGS);
    expect(await query('insert into things (n) values (1) returning id')).toEqual([{ id: 1n }]);
    await query('update things set n = 2');
    await query('delete from things');
  });

  it.each([
    ['alter a table', 'alter table things add column x int'],
    ['create a table', 'create table own (id int)'],
    ['drop a table', 'drop table things'],
  ])('do not let the role of the service %s', async (_, sql) => {
    await run(THINGS);
    await expect(query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('are not run without the URL of the owner', async () => {
    await expect(migrateSchemas([schema(undefined)])).rejects.toThrow("there is no migrator's URL");
  });

  describe('that another process runs', () => {
    it('are waited for, and the wait is logged', async () => {
      const logged: unknown[] = [];
      let migrated = Promise.resolve();
      const say = (...line: readonly unknown[]) => {
        logged.push(line);
        migrated = migrateSchemas([schema(database.migratorUrl)]);
      };
      await prepareSchemas([schema(undefined)], { say });
      await migrated;
      expect(logged).toEqual([
        ['waiting for a schema', { database: `database ${database.name}`, lacking: THINGS.name }],
      ]);
      expect(await query('select id from things')).toEqual([]);
    });

    it('are waited for until their grants are there', async () => {
      await run(THINGS);
      const migrating = new pg.Client({ connectionString: database.migratorUrl });
      await migrating.connect();
      await migrating.query("select pg_advisory_lock(hashtextextended('migrations', 0))");
      const logged: unknown[] = [];
      const say = (_: string, { lacking }: Readonly<Record<string, unknown>>) => {
        logged.push(lacking);
        void migrating.end();
      };
      await prepareSchemas([schema(undefined)], { say });
      expect(logged).toEqual(['a migration is under way']);
    });

    it('are waited for no longer than asked', async () => {
      await run(THINGS);
      const never = prepareSchemas([schema(undefined, [THINGS, NOTE])], { say: () => undefined, withinMs: 100 });
      await expect(never).rejects.toThrow(
        `the schema of database ${database.name} was not there within 0.1 s (${NOTE.name}); migrate it: main.js migrate`,
      );
    });

    it('are no longer waited for when the process is asked to stop', async () => {
      const stopping = new AbortController();
      const say = () => stopping.abort(new Error('asked to stop'));
      const stopped = prepareSchemas([schema(undefined)], { say, signal: stopping.signal });
      await expect(stopped).rejects.toThrow('asked to stop');
    });
  });

  it('of a newer version are left alone by an older one, which does not wait', async () => {
    await run(THINGS, NOTE);
    const say = () => expect('waited').toBe('did not wait');
    await prepareSchemas([schema(undefined)], { say });
    await prepareSchemas([schema(database.migratorUrl)], { say });
    expect(await query('select note from things')).toEqual([]);
  });
});
