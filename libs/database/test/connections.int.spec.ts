import { type Database, openDatabase, type Tx } from '@crossroads/database';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { Link } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { THINGS } from './sample-migrations.js';

const OUTAGE = { outage: true };

describe('connections', () => {
  let database: TestDatabase;
  /** Not through the link, with the limits of a service. */
  let direct: Database;

  beforeAll(async () => {
    database = await testDatabase(THINGS);
    direct = await openDatabase({ url: database.url });
    await direct.query('insert into things (n) values (0)');
  });
  afterAll(async () => {
    await direct.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  const LIMITS = `select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout',
    'idle_in_transaction_session_timeout', 'transaction_timeout', 'tcp_user_timeout', 'tcp_keepalives_idle',
    'tcp_keepalives_interval', 'tcp_keepalives_count')`;
  const USUAL = {
    statement_timeout: '15000',
    lock_timeout: '5000',
    idle_in_transaction_session_timeout: '10000',
    transaction_timeout: '60000',
    tcp_user_timeout: '10000',
    tcp_keepalives_idle: '5',
    tcp_keepalives_interval: '2',
    tcp_keepalives_count: '3',
  };
  const byName = (rows: readonly { name: string; setting: string }[]) =>
    Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));

  it('have limits for whatever may hang', async () => {
    expect(byName(await direct.query(LIMITS))).toEqual(USUAL);
    expect(byName(await direct.transaction((tx) => tx.query(LIMITS)))).toEqual(USUAL);
    expect(byName(await direct.session.rows(LIMITS, []))).toEqual({ ...USUAL, statement_timeout: '4000' });
  });

  it('have a limit of their own where the URL says so, and keep the others', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c lock_timeout=123');
    const other = await openDatabase({ url: url.href });
    expect(byName(await other.query(LIMITS))).toEqual({ ...USUAL, lock_timeout: '123' });
    await other.close();
  });

  it('survive that the session of one that is checked out of the pool ends', async () => {
    const client = await direct.pool.connect();
    await database.dropConnections();
    await eventually(
      () =>
        client.query('select 1').then(
          () => false,
          () => true,
        ),
      Boolean,
    );
    client.release(true);
    expect(await eventually(() => direct.ready(), Boolean)).toBe(true);
  });

  describe('with short limits', () => {
    let db: Database;
    const pidOf = async (tx: Tx) => (await tx.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;
    const isRefused = (tx: Tx) =>
      tx.query('select 1').then(
        () => false,
        () => true,
      );
    beforeEach(async () => {
      db = await openDatabase({
        url: database.url,
        timeouts: { statementMs: 200, lockMs: 100, transactionMs: 400, idleInTransactionMs: 400 },
      });
    });
    afterEach(() => db.close());

    it('end a statement that takes too long, as an outage', async () => {
      await expect(db.query('select pg_sleep(60)')).rejects.toMatchObject(OUTAGE);
      await expect(db.transaction((tx) => tx.query('select pg_sleep(60)'))).rejects.toMatchObject(OUTAGE);
      await expect(db.transaction((tx) => tx.manager.query('select pg_sleep(60)'))).rejects.toMatchObject(OUTAGE);
    });

    it('end a transaction that takes too long, as an outage', async () => {
      const endless = db.transaction(async (tx) => {
        for (;;) await tx.query('select pg_sleep(0.01)');
      });
      await expect(endless).rejects.toMatchObject(OUTAGE);
    });

    it('report each statement after the end of their session as an outage', async () => {
      const cut = db.transaction(async (tx) => {
        await direct.query('select pg_terminate_backend($1)', [await pidOf(tx)]);
        await eventually(() => isRefused(tx), Boolean);
        await tx.query('select 1');
      });
      await expect(cut).rejects.toMatchObject(OUTAGE);
    });

    it('end a transaction that waits for nothing, and its locks with it', async () => {
      const idle = db.transaction(async (tx) => {
        await tx.query('update things set n = 1');
        // Waits for its own row, behind the idle transaction: longer than that one may last.
        await direct.query('update things set n = 2');
        await tx.query('select 1');
      });
      await expect(idle).rejects.toThrow();
      expect(await direct.query('select n from things')).toEqual([{ n: 2 }]);
    });

    it('do not wait long for a lock', async () => {
      await direct.transaction(async (tx) => {
        await tx.query('update things set n = 3');
        await expect(db.query('update things set n = 4')).rejects.toMatchObject(OUTAGE);
      });
    });

    it('let one transaction take longer that says so, and the next one not', async () => {
      const work = () =>
        db.transaction(
          async (tx) => {
            await tx.query('select pg_sleep(0.3)');
            await tx.query('select pg_sleep(0.3)');
            return 'done';
          },
          { timeoutMs: 60_000 },
        );
      expect(await work()).toBe('done');
      await expect(db.transaction((tx) => tx.query('select pg_sleep(60)'))).rejects.toMatchObject(OUTAGE);
    });
  });

  describe('through a network that loses all packets', () => {
    let link: Link;
    let db: Database;
    beforeEach(async () => {
      const linked = await Link.ofUrl(database.url);
      link = linked.link;
      db = await openDatabase({
        url: linked.url,
        poolSize: 3,
        applicationName: 'holed',
        timeouts: { queryMs: 400, connectMs: 3_000, idleInTransactionMs: 300 },
      });
    });
    afterEach(async () => {
      link.mend();
      await db.close();
      link.close();
    });

    it('end each query as an outage, and serve again afterwards', async () => {
      // All connections of the pool are open, and more callers wait than it has.
      await Promise.all([1, 2, 3].map(() => db.query('select pg_sleep(0.05)')));
      link.blackHole();
      const asked = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => db.query('select $1::int as n', [n])));
      expect(asked.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
      await expect(db.query('select 1')).rejects.toThrow();
      expect(await db.ready()).toBe(false);
      link.mend();
      await eventually(() => db.ready(), Boolean);
      // Nobody gets the late answer to another query.
      const answers = await Promise.all([7, 8, 9, 10].map((n) => db.query('select $1::int as n', [n])));
      expect(answers).toEqual([[{ n: 7 }], [{ n: 8 }], [{ n: 9 }], [{ n: 10 }]]);
    });

    it('end an open transaction as an outage, on the server, too, with its locks', async () => {
      const cut = db.transaction(async (tx) => {
        await tx.query('update things set n = 5');
        link.blackHole();
        await tx.query('update things set n = 6');
      });
      await expect(cut).rejects.toMatchObject({ name: 'QueryTimeout', outage: true });
      await direct.query('update things set n = 7');
      const sessions = () =>
        direct.query(`select from pg_stat_activity where application_name = 'holed' and state <> 'idle'`);
      await eventually(sessions, ({ length }) => length === 0);
      expect(await direct.query('select n from things')).toEqual([{ n: 7 }]);
    });
  });
});
