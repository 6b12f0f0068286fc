import { type Migration, migrateSchemas, openDatabase, prepareSchemas } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type TestDatabase, testDatabase, testPostgres } from '../postgres.js';

const MINE: Migration = { name: 'mine', sql: 'create table mine (id int primary key)' };
const NEWER: Migration = { name: 'newer', sql: 'alter table mine add column note text' };

describe('the schema of a service', () => {
  let database: TestDatabase;
  const migrations = [...eventStoreMigrations, MINE];
  const schema = (migratorUrl: string | undefined, steps = migrations) => ({
    url: database.url,
    migratorUrl,
    migrations: steps,
  });

  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    await database.drop();
    await (await testPostgres()).stop();
  });

  it('is waited for where there is no URL of its owner, and what is waited for is said', async () => {
    const said: unknown[] = [];
    let migrated = Promise.resolve();
    const say = (...line: readonly unknown[]) => {
      said.push(line);
      migrated = migrateSchemas([schema(database.migratorUrl)]);
    };
    await prepareSchemas([schema(undefined)], { say });
    await migrated;
    const lacking = migrations.map(({ name }) => name).join(', ');
    expect(said).toEqual([['waiting for a schema', { database: `database ${database.name}`, lacking }]]);
    const db = await openDatabase({ url: database.url });
    expect(await db.query('select id from mine')).toEqual([]);
    await db.close();
  });

  it('is not waited for without end', async () => {
    const never = prepareSchemas([schema(undefined, [...migrations, NEWER])], { say: () => {}, withinMs: 100 });
    await expect(never).rejects.toThrow(
      `the schema of database ${database.name} was not there within 0.1 s (newer); migrate it: main.js migrate`,
    );
    const stopping = new AbortController();
    const stopped = prepareSchemas([schema(undefined, [...migrations, NEWER])], {
      say: () => stopping.abort(new Error('asked to stop')),
      signal: stopping.signal,
    });
    await expect(stopped).rejects.toThrow('asked to stop');
  });

  it('is not there while somebody migrates: what has run may not have its grants yet', async () => {
    const migrating = new pg.Client({ connectionString: database.migratorUrl });
    await migrating.connect();
    await migrating.query("select pg_advisory_lock(hashtextextended('migrations', 0))");
    const said: unknown[] = [];
    const there = prepareSchemas([schema(undefined)], {
      say: (_, { lacking }) => {
        said.push(lacking);
        void migrating.end();
      },
    });
    await there;
    expect(said).toEqual(['a migration is under way']);
  });

  it('of a newer version does for an older one, which neither waits nor takes anything back', async () => {
    await migrateSchemas([schema(database.migratorUrl, [...migrations, NEWER])]);
    const refused = { say: () => expect('said').toBe('nothing') };
    await prepareSchemas([schema(undefined)], refused);
    await prepareSchemas([schema(database.migratorUrl)], refused);
    const db = await openDatabase({ url: database.url });
    expect(await db.query('select note from mine')).toEqual([]);
    await db.close();
  });

  it('is migrated by nobody without the URL of its owner', async () => {
    await expect(migrateSchemas([schema(undefined)])).rejects.toThrow("there is no migrator's URL");
  });
});
