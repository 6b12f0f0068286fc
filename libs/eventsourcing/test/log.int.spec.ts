import { hash, randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  eventStoreMigrations,
  type HeldPartitions,
  type Logged,
  LogReader,
  LogStamper,
  partitionOf,
  partitionsOf,
  PostgresEventStore,
  uuidV7,
} from '@crossroads/eventsourcing';
import { eventually, ownPostgres, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

const ALL = partitionsOf('main', 'journal');

const one = (streamId: string, expectedRevision: bigint, n: number, routingKey = streamId) => ({
  streamId,
  streamType: 'test',
  expectedRevision,
  routingKey,
  events: [{ type: 'Counted', data: { n } }],
});

const numbers = (events: readonly Logged[]): unknown[] =>
  events.map(({ data }): unknown => Reflect.get(Object(data), 'n'));

describe('the log', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let log: LogReader;
  let slow: pg.Client;
  const stampers: LogStamper[] = [];

  // Its transactions stay open for as long as a test likes.
  beforeAll(() => ownPostgres());
  afterAll(async () => (await testPostgres()).stop());
  beforeEach(async () => {
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url, poolSize: 30 });
    store = new PostgresEventStore(db);
    log = new LogReader(db);
    slow = new pg.Client({ connectionString: database.url });
    await slow.connect();
  });
  afterEach(async () => {
    await Promise.all(stampers.splice(0).map((stamper) => stamper.close()));
    await slow.end();
    await db.close();
    await database.drop();
  });

  /** A holder of all partitions, for as long as the test lasts. */
  const holder = async (partitions = ALL): Promise<HeldPartitions> => {
    const id = randomUUID();
    await db.query(
      `insert into es.leases (role, partition, holder, token, expires_at)
       select 'log', p, $1, 1, now() + interval '1 hour' from unnest($2::smallint[]) p
       on conflict (role, partition) do update set holder = $1, token = leases.token + 1, expires_at = excluded.expires_at`,
      [id, partitions],
    );
    return { holder: id, held: () => new Map(partitions.map((partition) => [partition, 1n])) };
  };
  const start = async (leases?: HeldPartitions, errors: unknown[] = []): Promise<LogStamper> => {
    const stamper = new LogStamper({ db, leases: leases ?? (await holder()), onError: (error) => errors.push(error) });
    stampers.push(stamper);
    return stamper;
  };
  const all = () => log.read(new Map(ALL.map((partition) => [partition, 0n])), 100_000);
  const stamped = (count: number) => eventually(all, (events) => events.length >= count);
  /** Begins a transaction that the test ends, and appends in it. */
  const appendSlowly = async (streamId: string, n: number): Promise<void> => {
    await slow.query('begin');
    const row = {
      month: 0,
      partition: partitionOf('main', streamId),
      stream_id: streamId,
      stream_type: 'test',
      revision: 1,
    };
    const event = { event_id: randomUUID(), type: 'Counted', schema_version: 1, data: { n }, metadata: {} };
    await slow.query("select es.append('[]', $1)", [JSON.stringify([{ ...row, ...event }])]);
  };

  const expectDense = async (events: readonly Logged[]): Promise<void> => {
    const ids = await log.logIds();
    for (const [partition, some] of Map.groupBy(events, (event) => event.partition)) {
      expect(some.map(({ place }) => place.position)).toEqual(some.map((_, index) => BigInt(index + 1)));
      const seed = Buffer.alloc(18);
      Buffer.from((ids.get(partition < 100 ? 'main' : 'journal') ?? '').replaceAll('-', ''), 'hex').copy(seed);
      seed.writeInt16BE(partition, 16);
      let last = hash('sha256', seed, 'buffer');
      for (const { id, place, streamId, revision, type, partition: _ } of some) {
        const [row] = await db.query<{ data: string }>(
          'select data::text from es.events where stream_id = $1 and revision = $2',
          [streamId, revision],
        );
        const item = hash('sha256', `${streamId} ${revision} ${type} ${row?.data}`, 'buffer');
        last = hash('sha256', Buffer.concat([last, Buffer.from(id.replaceAll('-', ''), 'hex'), item]), 'buffer');
        expect(place.hash).toBe(last.toString('hex'));
      }
    }
  };

  it('gives each event one position in its partition, and a hash over all before it', async () => {
    await start();
    const [a, b] = [randomUUID(), uuidV7()];
    await store.append([one(a, 0n, 1), one(randomUUID(), 0n, 2, a)]);
    await store.append([{ ...one(b, 0n, 3), log: 'journal' }]);
    await store.append([one(a, 1n, 4)]);
    const events = await stamped(4);
    await expectDense(events);
    expect(numbers(events.filter(({ partition }) => partition === partitionOf('main', a)))).toEqual([1, 2, 4]);
    expect(events.find(({ streamId }) => streamId === b)?.partition).toBe(partitionOf('journal', b));
    expect(await log.heads(ALL)).toEqual(
      new Map(
        ALL.map((partition) => [
          partition,
          events.findLast((event) => event.partition === partition)?.place ?? expect.anything(),
        ]),
      ),
    );
  });

  it('delays only the events of a transaction that stays open', async () => {
    await start();
    const key = randomUUID();
    await appendSlowly(key, 1);
    await store.append([one(randomUUID(), 0n, 2, key)]);
    expect(numbers(await stamped(1))).toEqual([2]);
    await slow.query('commit');
    expect(numbers(await stamped(2))).toEqual([2, 1]);
    await expectDense(await all());
  });

  it('has nothing of a transaction that was rolled back', async () => {
    await start();
    const key = randomUUID();
    await appendSlowly(key, 1);
    await slow.query('rollback');
    await store.append([one(randomUUID(), 0n, 2, key)]);
    const events = await stamped(1);
    expect(numbers(events)).toEqual([2]);
    expect(events[0]?.place.position).toBe(1n);
  });

  it('is stamped while an old snapshot is held', async () => {
    await slow.query('begin isolation level repeatable read');
    await slow.query('select count(*) from es.events');
    await start();
    await store.append([one(randomUUID(), 0n, 1)]);
    expect(numbers(await stamped(1))).toEqual([1]);
    await slow.query('commit');
  });

  it('has each event once and in the order of its stream, with 20 writers, slow commits and two stampers of all partitions', async () => {
    const leases = await holder();
    const errors: unknown[] = [];
    await start(leases, errors);
    await start(leases, errors);
    const streams = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(
      streams.map(async (streamId) => {
        for (let n = 0; n < 15; n++)
          await db.transaction(async (tx) => {
            await store.inTransaction(tx).append([one(streamId, BigInt(n), n)]);
            await tx.query('select pg_sleep(random() * 0.02)');
          });
      }),
    );
    const events = await stamped(300);
    expect(events).toHaveLength(300);
    expect(errors).toEqual([]);
    await expectDense(events);
    for (const streamId of streams)
      expect(numbers(events.filter((event) => event.streamId === streamId))).toEqual(
        Array.from({ length: 15 }, (_, n) => n),
      );
  });

  it('is not stamped by a process whose lease is over', async () => {
    const late = await holder();
    const next = await holder();
    await start(late);
    await store.append([one(randomUUID(), 0n, 1)]);
    expect(await db.query('select * from es.stamp($1, $2, 10)', [late.holder, ALL])).toEqual([]);
    await start(next);
    expect(numbers(await stamped(1))).toEqual([1]);
  });

  it('goes on where a pass met its limit', async () => {
    const leases = await holder();
    const key = randomUUID();
    for (let n = 0; n < 7; n++) await store.append([one(randomUUID(), 0n, n, key)]);
    const pass = () => db.query<{ position: bigint }>('select position from es.stamp($1, $2, 3)', [leases.holder, ALL]);
    expect(await pass()).toHaveLength(3);
    await store.append([one(randomUUID(), 0n, 7, key)]);
    expect([await pass(), await pass(), await pass()].map((rows) => rows.length)).toEqual([3, 1, 1]);
    expect(numbers(await all())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await expectDense(await all());
  });

  it('refuses to stamp in a transaction that has written, since it would find its own events twice', async () => {
    const leases = await holder();
    const within = db.transaction(async (tx) => {
      await store.inTransaction(tx).append([one(randomUUID(), 0n, 1)]);
      await tx.query('select * from es.stamp($1, $2, 10)', [leases.holder, ALL]);
    });
    await expect(within).rejects.toThrow(/alone in its transaction/);
  });

  it('refuses transaction ids of another cluster, until they are adopted', async () => {
    const admin = new pg.Client({ connectionString: database.migratorUrl });
    await admin.connect();
    const leases = await holder();
    await store.append([one('kept', 0n, 1)]);
    await db.query('select * from es.stamp($1, $2, 10)', [leases.holder, ALL]);
    await admin.query("update es.log set snapshot = '999999999:999999999:' where snapshot is not null");
    const pass = () =>
      db.query<{ position: bigint }>('select position from es.stamp($1, $2, 10)', [leases.holder, ALL]);
    await expect(pass()).rejects.toThrow(/another cluster/);
    await admin.query("update es.events set transaction_id = '1'");
    await admin.query('select es.adopt()');
    await store.append([one('new', 0n, 2, 'kept')]);
    expect(await pass()).toEqual([{ position: 2n }]);
    await expectDense(await all());
    await admin.end();
  });

  it('is stamped again after the server has dropped every connection', async () => {
    await start();
    slow.on('error', () => undefined);
    await database.dropConnections();
    await eventually(
      () =>
        store.append([one(randomUUID(), 0n, 1)]).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    expect(numbers(await stamped(1))).toContain(1);
  });

  it('is read and stamped through indexes', async () => {
    await db.query(`insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
      select 0, n % 16, 'stream ' || n, 'test', 1, gen_random_uuid(), 'Counted', 1, '{}', '{}' from generate_series(1, 20000) n`);
    const leases = await holder();
    for (let left = 20_000; left > 0; )
      left -= (await db.query('select position from es.stamp($1, $2, 1000)', [leases.holder, ALL])).length;
    const { rows } = await slow.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, costs off, buffers) select * from es.stamp('${leases.holder}', '{${ALL.join(',')}}', 1000)`,
    );
    const [, hit] = /shared hit=(\d+)/.exec(rows.map((row) => row['QUERY PLAN']).join('\n')) ?? [];
    expect(Number(hit)).toBeLessThan(4_000);
  });
});
