import { randomUUID } from 'node:crypto';
import { type Database, migrate, openDatabase } from '@crossroads/database';
import { eventStoreMigrations, PostgresEventStore } from '@crossroads/eventsourcing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '../postgres.js';

const things = {
  name: 'things',
  sql: 'create table things (id bigint primary key generated always as identity, n int)',
};
const more = { name: 'more', sql: 'create table more (id int primary key); insert into more values (1)' };

describe('the database', () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await testDatabase(...eventStoreMigrations, things);
    db = await openDatabase({ url: database.url, applicationName: 'spec' });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  it('gives 64-bit integers as bigint and days as text', async () => {
    const [row] = await db.query<unknown>(`select 9007199254740993 as n, '2026-03-29'::date as day, '5'::xid8 as xid,
      array[1, 2]::bigint[] as ns, '{}'::bigint[] as none, array['2026-03-29']::date[] as days, 1.10::numeric as money,
      null::bigint as nothing, '\\x01'::bytea as bytes, '2026-03-29T01:00:00Z'::timestamptz as instant`);
    expect(row).toEqual({
      n: 9007199254740993n,
      day: '2026-03-29',
      xid: 5n,
      ns: [1n, 2n],
      none: [],
      days: ['2026-03-29'],
      money: '1.10',
      nothing: null,
      bytes: Buffer.from([1]),
      instant: new Date('2026-03-29T01:00:00Z'),
    });
  });

  it.each([
    ['update an event', "update es.events set data = '{}'"],
    ['delete an event', 'delete from es.events'],
    ['truncate the log', 'truncate es.events'],
    ['drop the log', 'drop table es.events'],
    ['change a table', 'alter table things add column x int'],
    ['make a table', 'create table own (id int)'],
    ['rewrite the append', "create or replace function es.append(p_rows jsonb) returns void language sql as ''"],
  ])('does not let the app role %s', async (_, sql) => {
    await new PostgresEventStore(db).append([
      { streamId: randomUUID(), streamType: 't', expectedRevision: 0n, events: [{ type: 'T', data: 1 }] },
    ]);
    await expect(db.query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('lets the app role use the tables of the service', async () => {
    const [row] = await db.query<{ id: bigint }>('insert into things (n) values (1) returning id');
    expect(row?.id).toBe(1n);
    await db.query('update things set n = 2');
    await db.query('delete from things');
  });

  it('runs each step once, however many processes start', async () => {
    const options = { url: database.migratorUrl, appRole: database.appRole };
    const migrations = [...eventStoreMigrations, more, things];
    await Promise.all(Array.from({ length: 4 }, () => migrate({ ...options, migrations })));
    expect(await db.query('select id from more')).toEqual([{ id: 1 }]);
  });

  it('leaves nothing of a step that fails, and says why', async () => {
    const options = { url: database.migratorUrl, appRole: database.appRole };
    const broken = { name: 'broken', sql: 'create table half (id int); select nonsense' };
    await expect(migrate({ ...options, migrations: [things, broken] })).rejects.toThrow('nonsense');
    await migrate({ ...options, migrations: [things, { ...broken, sql: 'create table half (id int)' }] });
    expect(await db.query('select id from half')).toEqual([]);
    await expect(migrate({ ...options, migrations: [more, more] })).rejects.toThrow('same name');
  });

  it('keeps a schema of its own where there is no log', async () => {
    const keys = await testDatabase();
    await migrate({
      url: keys.migratorUrl,
      appRole: keys.appRole,
      schema: 'keys',
      migrations: [{ name: 'keys', sql: 'create table keys.key (id int)' }],
    });
    const own = await openDatabase({ url: keys.url });
    await own.query('insert into keys.key values (1)');
    await own.close();
    await keys.drop();
  });

  it('commits or rolls back, and tells only of what was committed', async () => {
    const told: string[] = [];
    const refused = db.transaction(async (tx) => {
      tx.afterCommit(() => told.push('refused'));
      await tx.query('insert into things (n) values (7)');
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    const result = await db.transaction(async (tx) => {
      tx.afterCommit(() => told.push('done'));
      await tx.query('insert into things (n) values (8)');
      return 'result';
    });
    expect([result, ...told]).toEqual(['result', 'done']);
    expect(await db.query('select n from things where n in (7, 8)')).toEqual([{ n: 8 }]);
  });

  it('says that it is ready, and no longer once it is closed', async () => {
    const other = await openDatabase({ url: database.url });
    expect(await other.ready()).toBe(true);
    await other.close();
    await other.close();
    expect(await other.ready()).toBe(false);
  });

  it('does not open what is not there', async () => {
    await expect(openDatabase({ url: 'postgres://nobody:no@127.0.0.1:1/none' })).rejects.toThrow('ECONNREFUSED');
  });
});
