import { type Database, openDatabase } from '@crossroads/database';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { THINGS } from './sample-migrations.js';

describe('a database', () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await testDatabase(THINGS);
    db = await openDatabase({ url: database.url, applicationName: 'spec' });
  });
  beforeEach(() => db.query('delete from things'));
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  it('returns 64-bit integers as bigint and days as text', async () => {
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

  it('counts the rows that a statement changed', async () => {
    expect(await db.execute('insert into things (n) values (1), (2)')).toBe(2);
    expect(await db.execute('delete from things where n = $1', [1])).toBe(1);
  });

  it('reports a connection that is lost before the commit as an outage, and keeps nothing', async () => {
    const lost = db.transaction(async (tx) => {
      await tx.query('insert into things (n) values (7)');
      await database.dropConnections();
      // Until this client has noticed it, too.
      await eventually(
        () =>
          tx.query('select 1').then(
            () => false,
            () => true,
          ),
        Boolean,
      );
    });
    await expect(lost).rejects.toMatchObject({ outage: true });
    expect(await db.query('select * from things where n = 7')).toEqual([]);
  });

  it('keeps what a transaction wrote once it commits, and then runs its callbacks', async () => {
    const callbacks: string[] = [];
    const result = await db.transaction(async (tx) => {
      tx.afterCommit(() => callbacks.push('committed'));
      await tx.query('insert into things (n) values (8)');
      expect(callbacks).toEqual([]);
      return 'result';
    });
    expect([result, ...callbacks]).toEqual(['result', 'committed']);
    expect(await db.query('select n from things')).toEqual([{ n: 8 }]);
  });

  it('keeps nothing of a transaction that throws, and runs none of its callbacks', async () => {
    const callbacks: string[] = [];
    const refused = db.transaction(async (tx) => {
      tx.afterCommit(() => callbacks.push('committed'));
      await tx.query('insert into things (n) values (7)');
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    expect(callbacks).toEqual([]);
    expect(await db.query('select n from things')).toEqual([]);
  });

  describe('that is closed', () => {
    let other: Database;
    beforeEach(async () => {
      other = await openDatabase({ url: database.url });
    });
    afterEach(() => other.close());

    it('is no longer ready', async () => {
      expect(await other.ready()).toBe(true);
      await other.close();
      expect(await other.ready()).toBe(false);
    });

    it('can be closed again', async () => {
      await other.close();
      await expect(other.close()).resolves.toBeUndefined();
    });
  });

  it('is not opened when its server does not answer', async () => {
    await expect(openDatabase({ url: 'postgres://nobody:no@127.0.0.1:1/none' })).rejects.toThrow('ECONNREFUSED');
  });
});
