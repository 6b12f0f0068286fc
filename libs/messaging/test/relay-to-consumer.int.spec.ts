import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@crossroads/database';
import {
  eventStoreMigrations,
  FolderArchive,
  type LogName,
  LogReader,
  LogStamper,
  partitionOf,
  partitionsOf,
  PostgresEventStore,
  retain,
  topicPartitionOf,
  uuidV7,
} from '@crossroads/eventsourcing';
import { FailedPrecondition, RemoteError } from '@crossroads/grpc';
import {
  type Broker,
  type EventSource,
  NOT_PUBLISHED,
  embeddedLogMigrations,
  openEmbeddedBroker,
  publicationOf,
  type PublishedTypes,
  publishedEvents,
  Relay,
  resyncPartition,
} from '@crossroads/messaging';
import { eventually, isPublished, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { PARTITIONS } from '@crossroads/topology';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordingService } from './recording-consumer.js';

const SOURCE = 'urn:crossroads:service:sample';
const PARTITION = topicPartitionOf(partitionOf('main', 'one'));

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

/** As the client of a gRPC connection sees them. */
const asRemote = (error: unknown): unknown =>
  error instanceof FailedPrecondition
    ? new RemoteError(9, 'no', error.reason, '', error.metadata ?? {}, [], undefined)
    : error;

describe('what a relay publishes', () => {
  let busDatabase: TestDatabase;
  let database: TestDatabase;
  let db: Database;
  let admin: Database;
  let broker: Broker;
  let store: PostgresEventStore;
  let service: RecordingService;
  let topic: string;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    name = 'main';
    busDatabase = await testDatabase(...embeddedLogMigrations);
    broker = await openEmbeddedBroker({ url: busDatabase.url });
    topic = `crossroads.relayed.${randomUUID()}`;
    await broker.ensureTopic({ name: topic, retentionDays: 7, partitions: PARTITIONS });
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url });
    admin = await openDatabase({ url: database.adminUrl, poolSize: 1 });
    store = new PostgresEventStore(db);
    service = await RecordingService.start();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await broker.close();
    await service.stop();
    await Promise.all([db.close(), admin.close()]);
    await Promise.all([database.drop(), busDatabase.drop()]);
  });
  afterAll(async () => (await testPostgres()).stop());

  const types: PublishedTypes = {
    Counted: (recorded) =>
      publicationOf(recorded, {
        topic,
        source: SOURCE,
        type: 'sample.counts.notify.counted',
        service: 'crossroads.sample.v1',
        key: recorded.streamId,
        data: Buffer.from(JSON.stringify(recorded.data)),
      }),
    Private: NOT_PUBLISHED,
  };
  let name: LogName;
  const topics = () => new Map([[topic, name]]);
  const append = async (from: number, to: number, routingKey = 'one'): Promise<void> => {
    for (const n of range(from, to)) {
      const events = [
        { type: 'Counted', data: n },
        { type: 'Private', data: n },
      ];
      await store.append([{ streamId: randomUUID(), streamType: 'count', expectedRevision: 0n, routingKey, events }]);
    }
  };
  /** A process of the publisher, which takes all partitions over. */
  const publish = async () => {
    const holder = randomUUID();
    const all = partitionsOf(name);
    await db.query(
      `insert into es.leases (role, partition, holder, expires_at) select 'log', p, $1, now() + interval '1 hour' from unnest($2::smallint[]) p
       on conflict (role, partition) do update set holder = $1, expires_at = now() + interval '1 hour'`,
      [holder, all],
    );
    const held = new Map(all.map((partition) => [partition, 1n]));
    const leases = { holder, held: () => held, refuse: (partition: number) => void held.delete(partition) };
    const stamper = new LogStamper({ db, leases, onError: () => undefined });
    const log = new LogReader(db);
    const options = { db, log, types, topics: topics(), broker, source: SOURCE, leases, stamper };
    const relay = new Relay({ ...options, onError: () => undefined });
    const close = async () => {
      await relay.close();
      await stamper.close();
    };
    closing.unshift(close);
    return close;
  };
  const source = (): EventSource => {
    const events = publishedEvents({ log: new LogReader(db), types, topics: topics() }, () => true);
    const caller = { kind: 'service', name: 'reader' } as const;
    return {
      source: SOURCE,
      eventsClient: {
        read: async function* (request, { signal }) {
          try {
            yield* events.read(request, { signal, caller });
          } catch (error) {
            throw asRemote(error);
          }
        },
        check: (request) => events.check(request),
      },
    };
  };
  const consume = (from: Pick<Broker, 'consume'> = broker, waits = {}) => {
    const consumption = service.consume(from, [source()], undefined, { topic, ...waits });
    closing.unshift(() => consumption.close());
    return consumption;
  };
  const taken = async (numbers: readonly number[]): Promise<void> => {
    await eventually(
      () => service.effects(PARTITION),
      (effects) => effects.length >= numbers.length,
      30_000,
    );
    expect(await service.effects(PARTITION)).toEqual(numbers);
  };
  const emptyTopic = async (): Promise<void> => {
    const bus = await openDatabase({ url: busDatabase.adminUrl, poolSize: 1 });
    await bus.query('delete from bus.messages');
    await bus.close();
  };
  const published = () => eventually(() => isPublished({ db, topics: topics() }), Boolean);

  it('is taken once, whether it comes from the topic, comes again, or is no longer there', async () => {
    await append(0, 20);
    const stop = await publish();
    const consumption = consume();
    await taken(range(0, 20));
    await append(20, 40);
    await taken(range(0, 40));
    await published();
    await stop();
    // A relay that has lost its place publishes everything again.
    await db.query('delete from es.steps');
    await publish();
    await append(40, 45);
    await taken(range(0, 45));
    await consumption.close();
    await append(45, 60);
    await published();
    await emptyTopic();
    consume();
    await append(60, 62);
    await taken(range(0, 62));
  });

  it('is read from the publisher where a broker withholds it, in the middle and at the end, and counted', async () => {
    const withheld = [2, 3, 7, 8];
    const withholding: Pick<Broker, 'consume'> = {
      consume: (options) =>
        broker.consume({
          ...options,
          onBatch: async (events, signal) => {
            const rest = events.filter((event) => !withheld.includes(Number(Buffer.from(event.data).toString())));
            if (rest.length > 0) await options.onBatch(rest, signal);
          },
        }),
    };
    const consumption = consume(withholding, { lookAgainMs: 100, withheldAfterMs: 5_000 });
    await publish();
    await append(0, 1);
    await taken([0]);
    await append(1, 9);
    await taken(range(0, 9));
    await eventually(
      () => consumption.withheld(),
      (events) => events >= withheld.length,
      30_000,
    );
    expect(consumption.withheld()).toBe(withheld.length);
  });

  describe('when months of its log were archived and dropped', () => {
    const OLD = Date.now() - 200 * 86_400_000;
    let folder: string;

    beforeEach(async () => {
      name = 'journal';
      folder = await mkdtemp(join(tmpdir(), 'archive-'));
      // By the role that owns the tables.
      const migrator = await openDatabase({ url: database.migratorUrl, poolSize: 1 });
      await migrator.query('select es.maintain_at($1)', [new Date(OLD)]);
      await migrator.close();
    });
    afterEach(() => rm(folder, { recursive: true }));

    const appendOf = async (at: number, ...some: readonly number[]): Promise<void> => {
      for (const n of some) {
        const events = [{ type: 'Counted', data: n }];
        const stream = { streamId: uuidV7(at), streamType: 'count', expectedRevision: 0n };
        await store.append([{ ...stream, routingKey: 'one', log: 'journal', events }]);
      }
    };
    const dropOld = async (): Promise<void> => {
      await published();
      await retain({
        url: database.migratorUrl,
        service: 'spec',
        openMonths: 2,
        keptMonths: 3,
        archive: new FolderArchive(folder),
        say: () => undefined,
      });
      const [row] = await admin.query<{ events: bigint }>('select count(*) as events from es.past');
      expect(Number(row?.events)).toBe(0);
    };
    it('goes to a reader that was away, and to a new one, except for what was dropped', async () => {
      await appendOf(OLD, 0, 1);
      const stop = await publish();
      const consumption = consume();
      await taken([0, 1]);
      await consumption.close();
      await appendOf(OLD, 2);
      await appendOf(Date.now(), 3, 4);
      await appendOf(OLD, 5);
      await appendOf(Date.now(), 6);
      await dropOld();
      await stop();
      await emptyTopic();
      await publish();
      consume();
      await appendOf(Date.now(), 7);
      await taken([0, 1, 3, 4, 6, 7]);
    });

    it('gets to a topic that is added later as far as it is left', async () => {
      await appendOf(OLD, 0, 1);
      await appendOf(Date.now(), 2);
      await appendOf(OLD, 3);
      await appendOf(Date.now(), 4);
      const stop = await publish();
      await dropOld();
      await stop();
      topic = `crossroads.relayed.${randomUUID()}`;
      await broker.ensureTopic({ name: topic, retentionDays: 7, partitions: PARTITIONS });
      await publish();
      consume();
      await taken([2, 4]);
    });
  });

  it('stops its consumer when the log was restored, and goes on after a resync', async () => {
    await append(0, 10);
    const stop = await publish();
    const consumption = consume();
    await taken(range(0, 10));
    await append(10, 20);
    await taken(range(0, 20));
    await published();
    await stop();
    // As in a copy from before the second half.
    const number = partitionOf('main', 'one');
    const lost = 'select month, stream_id from es.log where partition = $1 and position > 20';
    await admin.query(`delete from es.events where (month, stream_id) in (${lost})`, [number]);
    await admin.query('delete from es.log where partition = $1 and position > 20', [number]);
    await admin.query("delete from es.steps where reader like 'relay %' and position > 20");
    await publish();
    await eventually(
      () => consumption.forked(),
      (forked) => forked === 1,
      30_000,
    );
    await append(50, 53);
    expect(await service.effects(PARTITION)).toEqual(range(0, 20));
    const [resynced] = await resyncPartition({
      topic,
      partition: PARTITION,
      sources: [source()],
      db: service.db,
      confirm: true,
    });
    expect(resynced).toMatchObject({ state: 'FORKED', phantoms: { upTo: 39n }, startedGeneration: 1 });
    const mark = resynced?.state === 'FORKED' ? Number(resynced.mark.position) : 0;
    // What was taken between the mark and the restored head comes again, as the events of the new generation.
    await taken([...range(0, 20), ...range(Math.ceil(mark / 2), 10), ...range(50, 53)]);
  });
});
