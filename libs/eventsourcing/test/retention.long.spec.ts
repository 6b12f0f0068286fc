import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Database, openDatabase } from '@crossroads/database';
import {
  type ArchiveStore,
  BatchingAppender,
  eventStoreMigrations,
  FolderArchive,
  LogReader,
  LogStamper,
  LogTrimmed,
  mayBeClosed,
  monthOf,
  partitionOf,
  partitionsOf,
  PostgresEventStore,
  retain,
  StreamClosed,
  takeSteps,
  uuidV7,
} from '@crossroads/eventsourcing';
import { eventually, ownPostgres, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

const JOURNAL = partitionsOf('journal');
const DAY_MS = 86_400_000;
/** The month of the old streams is over for long, that of the new ones is open. */
const OLD = new Date(Date.now() - 200 * DAY_MS);
const oldId = (n = 0): string => uuidV7(OLD.getTime() + n);
const MONTH = monthOf('journal', oldId());
/** One routing key, so that all events are in one partition. */
const KEY = 'one person';
const PARTITION = partitionOf('journal', KEY);

const one = (streamId: string, expectedRevision: bigint, n: number, routingKey = KEY) => ({
  streamId,
  streamType: 'test',
  expectedRevision,
  routingKey,
  log: 'journal' as const,
  events: [{ type: 'Counted', data: { n, text: 'é "quoted", {"data":1}' }, metadata: { data: { metadata: n } } }],
});

const numberOf = ({ data }: { readonly data: unknown }): unknown => Reflect.get(Object(data), 'n');
const sorted = (numbers: readonly unknown[]): number[] => numbers.map(Number).toSorted((a, b) => a - b);

interface StoredManifest {
  sha256: string;
  readonly partitions: Readonly<Record<number, unknown>>;
}

describe('retention', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let log: LogReader;
  let folder: string;
  let said: { readonly what: string; readonly details: Readonly<Record<string, unknown>> }[];
  const stampers: LogStamper[] = [];

  beforeAll(() => ownPostgres());
  afterAll(async () => (await testPostgres()).stop());
  beforeEach(async () => {
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url, poolSize: 20 });
    store = new PostgresEventStore(db);
    log = new LogReader(db);
    folder = await mkdtemp(join(tmpdir(), 'archive-'));
    said = [];
    await owner('select es.maintain_at($1)', [OLD]);
  });
  afterEach(async () => {
    await Promise.all(stampers.splice(0).map((stamper) => stamper.close()));
    await db.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const asRole = async <Row extends pg.QueryResultRow>(url: string, sql: string, params: unknown[] = []) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(sql, params)).rows;
    } finally {
      await client.end();
    }
  };
  const owner = <Row extends pg.QueryResultRow>(sql: string, params: unknown[] = []) =>
    asRole<Row>(database.migratorUrl, sql, params);

  const startStamper = async (): Promise<void> => {
    const holder = randomUUID();
    await db.query(
      `insert into es.leases (role, partition, holder, token, expires_at)
       select 'log', p, $1, 1, now() + interval '1 hour' from unnest($2::smallint[]) p`,
      [holder, JOURNAL],
    );
    const leases = { holder, held: () => new Map(JOURNAL.map((partition) => [partition, 1n])) };
    stampers.push(new LogStamper({ db, leases, onError: (error) => expect(error).toBeUndefined() }));
  };

  const run = (options: Partial<Parameters<typeof retain>[0]> = {}) =>
    retain({
      url: database.migratorUrl,
      service: 'spec',
      openMonths: 2,
      keptMonths: undefined,
      archive: undefined,
      withinMs: 10_000,
      say: (what, details) => void said.push({ what, details }),
      ...options,
    });
  const archive = () => new FolderArchive(folder);
  const after = (position: bigint) => log.read(new Map([[PARTITION, position]]), 10_000);
  const numbers = async (position = 0n): Promise<unknown[]> => (await after(position)).map(numberOf);
  const stamped = (count: number) => eventually(numbers, (found) => found.length >= count);
  const tables = async (parent: string): Promise<string[]> =>
    (
      await db.query<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
        [parent],
      )
    ).map(({ name }) => name);
  const past = () => tables('es.past');
  /** As the relay does, once it has published up to there. */
  const passed = async (position: bigint, reader = 'relay crossroads.access.exchange.v1', from = 0n): Promise<void> => {
    const place = { position, hash: '0'.repeat(64) };
    await takeSteps(db, [{ reader, partition: PARTITION, after: from, place }]);
  };
  const refused = (work: Promise<unknown>) => expect(work).rejects.toThrow(StreamClosed);

  describe('of a month that is over', () => {
    it('loses no event of a writer that was there before, and refuses those that come later', async () => {
      await startStamper();
      const slow = new pg.Client({ connectionString: database.url });
      await slow.connect();
      await slow.query('begin');
      const row = { month: MONTH, partition: PARTITION, stream_id: oldId(), stream_type: 'test', revision: 1 };
      await slow.query("select es.append('[]', $1)", [
        JSON.stringify([
          { ...row, event_id: randomUUID(), type: 'Counted', schema_version: 1, data: { n: -1 }, metadata: {} },
        ]),
      ]);
      const accepted: number[] = [-1];
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = writer; ; n += 8) {
          const id = oldId(n);
          try {
            await store.append([one(id, 0n, n)]);
            accepted.push(n);
            await store.append([one(id, 1n, n + 0.5)]);
            accepted.push(n + 0.5);
          } catch (error) {
            return error;
          }
        }
      });
      await eventually(
        () => Promise.resolve(accepted.length),
        (length) => length > 50,
      );
      const closed = run();
      await eventually(
        () => db.query(`select from pg_locks where not granted and relation::regclass::text like 'es.events_%'`),
        (waiting) => waiting.length > 0,
      );
      await slow.query('commit');
      await slow.end();
      await closed;
      for (const error of await Promise.all(writers)) expect(error).toBeInstanceOf(StreamClosed);
      const found = await numbers();
      expect(sorted(found)).toEqual(sorted(accepted));
      expect(new Set(found).size).toBe(found.length);
      const [{ count } = { count: 0n }] = await db.query<{ count: bigint }>('select count(*) from es.past');
      expect(Number(count)).toBe(accepted.length);
      expect(await past()).toEqual(expect.arrayContaining([`events_${MONTH}`]));
    });

    it('waits until each event has its position', async () => {
      await store.append([one(oldId(), 0n, 1)]);
      await expect(run({ withinMs: 500 })).rejects.toThrow(/have no position yet/);
      expect(await past()).not.toContain(`events_${MONTH}`);
      await refused(store.append([one(oldId(1), 0n, 2)]));
      await startStamper();
      await run();
      expect(await past()).toContain(`events_${MONTH}`);
      expect(await numbers()).toEqual([1]);
    });

    it('leaves open what is younger than the months that stay open', async () => {
      const young = uuidV7();
      await store.append([one(young, 0n, 1)]);
      await startStamper();
      await run();
      await store.append([one(young, 1n, 2)]);
      expect(mayBeClosed(young)).toBe(false);
      expect(await stamped(2)).toEqual([1, 2]);
    });

    it('refuses an event of an old stream also after its table has moved, and in a batch only that one', async () => {
      const [old, young] = [oldId(), uuidV7()];
      await store.append([one(old, 0n, 1)]);
      await startStamper();
      await run();
      await refused(store.append([one(old, 1n, 2)]));
      await refused(store.append([one(oldId(1), 0n, 3)]));
      await refused(db.transaction((tx) => store.inTransaction(tx).append([one(old, 1n, 4)])));
      const appender = new BatchingAppender(store);
      const [late, good] = await Promise.allSettled([
        appender.append([one(old, 1n, 5)]),
        appender.append([one(young, 0n, 6)]),
      ]);
      expect([late.status, good.status]).toEqual(['rejected', 'fulfilled']);
      expect(await stamped(2)).toEqual([1, 6]);
    });

    it('still reads its streams, and the log across the boundary', async () => {
      const [old, young] = [oldId(), uuidV7()];
      await startStamper();
      await store.append([one(old, 0n, 1)]);
      await store.append([one(young, 0n, 2)]);
      await store.append([one(old, 1n, 3)]);
      await stamped(3);
      const before = await after(0n);
      await run();
      await store.append([one(young, 1n, 4)]);
      await stamped(4);
      expect((await after(0n)).slice(0, 3)).toEqual(before);
      expect(await numbers(2n)).toEqual([3, 4]);
      const dataOf = (events: readonly { readonly data: unknown }[] = []) => events.map(numberOf);
      expect(dataOf(await store.readStream(old))).toEqual([1, 3]);
      expect(dataOf(await store.readStream(old, 2n))).toEqual([3]);
      expect((await store.readLast(old))?.revision).toBe(2n);
      const streams = await store.readStreams([old, young], new Map([[young, 1n]]));
      expect([dataOf(streams.get(old)), dataOf(streams.get(young))]).toEqual([[1, 3], [4]]);
    });

    it.each([1, 2, 3, 4, 5, 6, 7])('goes on when its process was killed at change %i of the tables', async (step) => {
      const old = oldId();
      await store.append([one(old, 0n, 1)]);
      await startStamper();
      await stamped(1);
      await asRole(
        database.adminUrl,
        `create sequence changes;
         create function kill_at() returns event_trigger security definer language plpgsql as $$ begin
           if nextval('public.changes') = ${step} then
             perform pg_terminate_backend(pg_backend_pid());
             perform pg_sleep(10);
           end if; end $$;
         create event trigger kill_at on ddl_command_end execute function kill_at()`,
      );
      await expect(run()).rejects.toThrow();
      const reads = [await store.readStream(old), await after(0n)];
      expect(reads.map((events) => events.length)).toEqual([1, 1]);
      await asRole(database.adminUrl, 'drop event trigger kill_at');
      await run();
      expect(await past()).toContain(`events_${MONTH}`);
      expect(await numbers()).toEqual([1]);
      await refused(store.append([one(old, 1n, 2)]));
      const leftOver = await db.query(
        `select from pg_constraint where conname = 'of_month'
         union all select from pg_indexes where tablename = 'events_${MONTH}' and indexdef like '%transaction_id%'`,
      );
      expect(leftOver).toEqual([]);
    });

    it('is done by one process at a time', async () => {
      await store.append([one(oldId(), 0n, 1)]);
      const waiting = run();
      await eventually(
        () => db.query(`select from es.leases where role = 'retention'`),
        (rows) => rows.length > 0,
      );
      await expect(run()).rejects.toThrow(/another process/);
      await startStamper();
      await waiting;
    });
  });

  describe('with an archive', () => {
    /** Events of the old month lie between others, and one of them alone behind. */
    const write = async (): Promise<void> => {
      await startStamper();
      const [old, young] = [oldId(), uuidV7()];
      await store.append([one(old, 0n, 1)]);
      await store.append([one(oldId(1), 0n, 2)]);
      await store.append([one(young, 0n, 3)]);
      await store.append([one(old, 1n, 4)]);
      await store.append([one(young, 1n, 5)]);
      await store.append([one(oldId(2), 0n, 6, 'another person')]);
      await stamped(5);
    };
    const fileOf = async (ending: string): Promise<string> =>
      join(folder, (await readdir(folder)).find((name) => name.endsWith(`${MONTH}${ending}`)) ?? '');
    const linesOf = async (): Promise<string> => gunzipSync(await readFile(await fileOf('.ndjson.gz'))).toString();
    /** Changes the file, and its checksum where the manifest keeps it. */
    const tamper = async (change: (text: string) => string): Promise<void> => {
      const changed = gzipSync(change(await linesOf()));
      await writeFile(await fileOf('.ndjson.gz'), changed);
      const manifest = JSON.parse(await readFile(await fileOf('.json'), 'utf8')) as StoredManifest;
      manifest.sha256 = createHash('sha256').update(changed).digest('hex');
      await writeFile(await fileOf('.json'), JSON.stringify(manifest));
      await owner('update es.archives set sha256 = $1 where month = $2', [Buffer.from(manifest.sha256, 'hex'), MONTH]);
    };
    const drop = () => run({ archive: archive(), keptMonths: 3 });

    it('writes each closed month with its places, once', async () => {
      await write();
      await run({ archive: archive() });
      const lines = (await linesOf())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly partition: number; readonly data: unknown });
      expect(sorted(lines.map(numberOf))).toEqual([1, 2, 4, 6]);
      const events = (await after(0n)).filter(({ streamId }) => mayBeClosed(streamId));
      expect(lines.filter(({ partition }) => partition === PARTITION)).toEqual(
        events.map(({ id, place, streamId, revision, data, metadata }) =>
          expect.objectContaining({
            eventId: id,
            position: String(place.position),
            hash: place.hash,
            streamId,
            revision: String(revision),
            data,
            metadata: JSON.stringify(metadata).replaceAll(':', ': '),
          }),
        ),
      );
      const manifest = JSON.parse(await readFile(await fileOf('.json'), 'utf8')) as StoredManifest;
      expect(manifest).toMatchObject({ service: 'spec', month: MONTH, events: 4 });
      expect(manifest.partitions[PARTITION]).toMatchObject({
        events: 3,
        first: { position: '1' },
        last: { position: '4' },
      });
      said = [];
      await run({ archive: archive() });
      expect(said.filter(({ what }) => what.includes('archived'))).toEqual([]);
    });

    it.each(['the file', 'its manifest', 'the note in the database'])(
      'is written again when the process was killed before %s',
      async (before) => {
        await write();
        let puts = 0;
        const dying: ArchiveStore = {
          place: folder,
          put: async (name, content) => {
            if (++puts === (before === 'the file' ? 1 : 2) && before !== 'the note in the database')
              throw new Error('killed');
            return archive().put(name, content);
          },
          read: () => {
            throw new Error('killed');
          },
        };
        await expect(run({ archive: dying })).rejects.toThrow();
        expect(await db.query('select from es.archives')).toEqual([]);
        await run({ archive: archive() });
        expect(await db.query('select month from es.archives where events = 4')).toEqual([{ month: MONTH }]);
      },
    );

    it.each<[string, (text: string) => string]>([
      ['has an event that was changed', (text) => text.replace('"n": 4', '"n": 7')],
      ['has other events', (text) => text.split('\n').toSpliced(1, 1).join('\n')],
      [
        'out of order',
        (text) =>
          text
            .split('\n')
            .toSpliced(1, 0, text.split('\n')[0] ?? '')
            .join('\n'),
      ],
      ['cannot be read', (text) => text.slice(0, -20)],
    ])('drops nothing when the file %s', async (message, change) => {
      await write();
      await run({ archive: archive() });
      await everybodyPassed();
      await tamper(change);
      await expect(drop()).rejects.toThrow(message);
      expect(await past()).toContain(`events_${MONTH}`);
    });

    it('drops nothing when the file was replaced by another one, or is absent', async () => {
      await write();
      await run({ archive: archive() });
      await everybodyPassed();
      await writeFile(await fileOf('.ndjson.gz'), gzipSync(await linesOf(), { level: 1 }));
      await expect(drop()).rejects.toThrow('is not what its manifest names');
      await rm(await fileOf('.ndjson.gz'));
      await expect(drop()).rejects.toThrow('is absent');
      expect(await past()).toContain(`events_${MONTH}`);
    });

    const keptFor = () => said.findLast(({ details }) => details.month === MONTH && 'for' in details)?.details.for;
    const everybodyPassed = async (): Promise<void> => {
      await passed(5n);
      const place = { position: 1n, hash: '0'.repeat(64) };
      const partition = partitionOf('journal', 'another person');
      await takeSteps(db, [{ reader: 'relay crossroads.access.exchange.v1', partition, after: 0n, place }]);
    };

    it('drops a month past its time once all readers are beyond it', async () => {
      await write();
      await drop();
      expect(await past()).toContain(`events_${MONTH}`);
      expect(keptFor()).toEqual(['nobody has read it yet']);
      await everybodyPassed();
      await passed(3n, 'follower');
      await drop();
      expect(await past()).toContain(`events_${MONTH}`);
      expect(keptFor()).toEqual(['follower']);
      await passed(5n, 'follower', 3n);
      const partition = partitionOf('journal', 'another person');
      const place = { position: 1n, hash: '0'.repeat(64) };
      await takeSteps(db, [{ reader: 'follower', partition, after: 0n, place }]);
      await run({ archive: archive(), keptMonths: 1_000 });
      expect(await past()).toContain(`events_${MONTH}`);
      await drop();
      expect(await past()).not.toContain(`events_${MONTH}`);
      await refused(store.append([one(oldId(), 2n, 7)]));
    });

    it('names a place after which a reader finds everything that is left', async () => {
      await write();
      const before = await after(0n);
      await drop();
      await everybodyPassed();
      await drop();
      const trims: LogTrimmed[] = [];
      const found: typeof before = [];
      for (let position = 0n; ; ) {
        try {
          const events = await after(position);
          if (events.length === 0) break;
          found.push(...events);
          position = events.at(-1)?.place.position ?? position;
        } catch (error) {
          if (!(error instanceof LogTrimmed)) throw error;
          trims.push(error);
          expect(await log.hashesAt([{ partition: PARTITION, position: error.place.position }])).toEqual([
            error.place.hash,
          ]);
          position = error.place.position;
        }
      }
      expect(found).toEqual(before.filter(({ streamId }) => !mayBeClosed(streamId)));
      expect(trims.map(({ place }) => place)).toEqual([before[1]?.place, before[3]?.place]);
    });

    it('drops a segment of the log that nobody needs, and keeps the place at which it begins', async () => {
      await write();
      await everybodyPassed();
      const last = Buffer.alloc(32, 7);
      const fill = (month: number) =>
        owner(
          `insert into es.log (partition, position, month, stream_id, revision, serial, hash, snapshot)
           select p, 999999, $2, 'gone', 1, 1, $3, pg_current_snapshot() from unnest($1::smallint[]) p`,
          [JOURNAL, month, last],
        );
      await fill(MONTH);
      const young = uuidV7();
      await store.append(JOURNAL.map((_, n) => one(young.replace(/.{4}$/, String(1000 + n)), 0n, n, keyOf(n))));
      await eventually(
        () => log.heads(JOURNAL),
        (heads) => [...heads.values()].every(({ position }) => position === 1_000_000n),
      );
      // An open month is in the segment.
      await run({ archive: archive() });
      await drop();
      expect(await tables('es.log_journal')).toContain('log_journal_0');
      await owner(`delete from es.log where position < 999999 and month <> $1`, [MONTH]);
      await drop();
      expect(await tables('es.log_journal')).not.toContain('log_journal_0');
      const trimmed = await after(3n).catch((error: unknown) => error);
      expect(trimmed).toMatchObject({ place: { position: 999_999n, hash: last.toString('hex') } });
      expect(await log.hashesAt([{ partition: PARTITION, position: 999_999n }])).toEqual([last.toString('hex')]);
      expect(await numbers(999_999n)).toHaveLength(1);
    });

    /** A key of each partition. */
    const keyOf = (n: number): string => {
      for (let i = 0; ; i++) if (partitionOf('journal', `key ${i}`) === JOURNAL[n]) return `key ${i}`;
    };
  });

  describe('of requests', () => {
    const requestOf = (at: number) => ({
      institution: 'one',
      rpc: '/spec',
      requestId: uuidV7(at),
      hash: Buffer.alloc(32),
    });

    it('drops them after 35 days and a week, and keeps younger ones', async () => {
      const request = requestOf(Date.now());
      await store.append([one(uuidV7(), 0n, 1)], { request, answer: 'kept' });
      const at = (days: number) => owner('select es.maintain_at($1)', [new Date(Date.now() + days * DAY_MS)]);
      await at(35);
      expect(await store.answerTo(request)).toEqual({ answer: 'kept' });
      await at(50);
      expect(await store.answerTo(request)).toBeUndefined();
    });

    it('are not dropped by the role of the service, which may not name the time', async () => {
      await expect(db.query(`select es.maintain_at(now() + interval '1 year')`)).rejects.toThrow(/permission denied/);
      await db.query('select es.maintain()');
    });
  });
});
