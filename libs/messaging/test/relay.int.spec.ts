import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import { eventStoreMigrations, LOG_START, PostgresEventStore, type Processor } from '@crossroads/eventsourcing';
import {
  type Broker,
  type CloudEvent,
  type ConsumeFromOptions,
  type Consumption,
  consumedMigrations,
  consumeFrom,
  cursorStore,
  type EventsClient,
  publishedEvents,
  openEmbeddedBroker,
  type Published,
  publicationOf,
  storeCursors,
  startRelay,
  TopicSealing,
  unbundled,
} from '@crossroads/messaging';
import { type KeyProvider, TopicSealer } from '@crossroads/privacy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { numberOf } from '@crossroads/messaging/broker.contract';

const SOURCE = 'urn:crossroads:service:sample';
const master = randomBytes(32);
const keys: KeyProvider = {
  newDataKey: async (name) => ({ keyId: `${name}.k`, key: master }),
  dataKey: async () => master,
  secret: async () => master,
  secrets: async () => [{ kid: 'k', key: master }],
};

describe('a relay and the consumers of its topic', () => {
  let busDatabase: TestDatabase;
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let broker: Broker;
  let topic: string;
  let published: Published;
  const open: (Processor | Consumption)[] = [];

  beforeAll(async () => {
    busDatabase = await testDatabase();
    broker = await openEmbeddedBroker({ url: busDatabase.migratorUrl });
  });
  afterAll(async () => {
    await broker.close();
    await busDatabase.drop();
    await (await testPostgres()).stop();
  });
  beforeEach(async () => {
    topic = `crossroads.relay.${randomUUID()}`;
    await broker.ensureTopic({ name: topic, retentionDays: 7 });
    database = await testDatabase(...eventStoreMigrations, ...consumedMigrations);
    db = await openDatabase({ url: database.url });
    store = new PostgresEventStore(db);
    published = (recorded) =>
      recorded.type === 'Counted'
        ? publicationOf(recorded, {
            topic,
            source: SOURCE,
            type: 'sample.counts.notify.counted',
            service: 'crossroads.sample.v1',
            key: recorded.streamId,
            data: Buffer.from(JSON.stringify(recorded.data)),
          })
        : undefined;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await db.close();
    await database.drop();
  });

  const append = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++)
      await store.append([
        {
          streamId: randomUUID(),
          streamType: 'count',
          expectedRevision: 0n,
          events: [
            { type: 'Counted', data: n },
            { type: 'Private', data: n },
          ],
        },
      ]);
  };
  /** Until no older transaction of the server hides what was appended. */
  const isReadable = (appends: number): Promise<unknown> =>
    eventually(
      () => store.readLog(LOG_START, 1_000),
      (log) => log.length === 2 * appends,
    );
  const relay = (over: Pick<Broker, 'publish'> = broker, sealing?: TopicSealing): Processor => {
    const started = startRelay({
      db,
      store,
      broker: over,
      name: 'relay',
      published,
      batchSize: 10,
      ...(sealing ? { sealing } : {}),
      onError: () => undefined,
    });
    open.push(started);
    return started;
  };
  const collect = async (): Promise<CloudEvent[]> => {
    const got: CloudEvent[] = [];
    open.push(await broker.consume({ topic, onBatch: async (events) => void got.push(...events) }));
    return got;
  };
  const client = (over: Published = published): EventsClient => ({
    read: (request, options) =>
      publishedEvents(store, over, () => true).read(request, {
        ...options,
        caller: { kind: 'service', name: 'reader' },
      }),
  });
  const reading = { signal: new AbortController().signal };
  const follow = (handled: number[], changes: Partial<ConsumeFromOptions> = {}) => {
    const started = consumeFrom({
      broker,
      topic,
      group: 'follower',
      sources: [{ source: SOURCE, eventsClient: client() }],
      cursorStore: cursorStore(db),
      batchSize: 7,
      onBatch: (events) =>
        db.transaction(async (tx) => {
          await storeCursors(tx, topic, events);
          tx.afterCommit(() => handled.push(...events.map(numberOf)));
        }),
      ...changes,
    });
    open.push(started);
    return started;
  };
  const numbers = (to: number, from = 0): number[] => Array.from({ length: to - from }, (_, n) => from + n);
  const emptyTopic = async (): Promise<void> => {
    const admin = new pg.Client({ connectionString: busDatabase.migratorUrl });
    await admin.connect();
    await admin.query('delete from bus.messages where topic = $1', [topic]);
    await admin.end();
  };

  it('publishes what the mapping returns, in order, with its cursor', async () => {
    await append(0, 35);
    relay();
    const got = await collect();
    await eventually(() => got.length === 35, Boolean);
    expect(got.map(numberOf)).toEqual(numbers(35));
    expect(got[0]).toMatchObject({
      source: SOURCE,
      sequence: '00000000000000000001',
      cursor: expect.stringMatching(/^\d+:\d+$/),
    });
    await append(35, 40);
    await eventually(() => got.length === 40, Boolean);
  });

  it('publishes a batch again, under the same ids, when the relay died before its checkpoint', async () => {
    await append(0, 5);
    let dies = true;
    const dying = relay({
      publish: async (...asked) => {
        await broker.publish(...asked);
        if (dies) throw new Error('died');
      },
    });
    const got = await collect();
    await eventually(() => got.length >= 5, Boolean);
    dies = false;
    await dying.close();
    relay();
    await eventually(() => got.length >= 10, Boolean);
    expect(new Set(got.map(({ id }) => id)).size).toBe(5);
    expect(got.slice(-5).map(numberOf)).toEqual(numbers(5));
  });

  it('resumes at the checkpoint when another relay takes over', async () => {
    await append(0, 5);
    const first = relay();
    await first.caughtUp();
    await first.close();
    await append(5, 8);
    await relay().caughtUp();
    const got = await collect();
    await eventually(() => got.length >= 8, Boolean);
    expect(got.map(numberOf)).toEqual(numbers(8));
  });

  it('seals the events of internal topics, and a consumer opens them', async () => {
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'sample' }), [topic]);
    await append(0, 1);
    relay(broker, sealing);
    const got = await collect();
    await eventually(() => got.length === 1, Boolean);
    const [sealed] = got;
    if (!sealed) throw new Error('nothing came');
    expect(sealed.sealingKeyId).toBe(`${topic}.k`);
    expect(Buffer.from(sealed.data).toString()).not.toBe('0');
    const opened = await sealing.open(topic, sealed);
    expect(numberOf(opened)).toBe(0);
    expect(opened.sealingKeyId).toBeUndefined();
    await expect(sealing.open(topic, { ...sealed, id: 'another' })).rejects.toThrow();
  });

  it('puts the events of a batch into one sealed message on a bundled topic', async () => {
    topic = 'crossroads.access.v1';
    await broker.ensureTopic({ name: topic, retentionDays: 7 });
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'sample' }));
    await append(0, 10);
    const got = await collect();
    await relay(broker, sealing).caughtUp();
    await eventually(() => got.length > 0, Boolean);
    const opened = await Promise.all(got.map((message) => sealing.open(topic, message)));
    expect(opened.flatMap(unbundled).map(numberOf)).toEqual(numbers(10));
    // A batch of this relay is ten stored events, of which every other is published.
    expect(got).toHaveLength(2);
    expect(Buffer.from(got[0]?.data ?? []).includes('crossroads.sample.v1')).toBe(false);
    const [message] = got;
    if (!message) throw new Error('a message');
    await expect(sealing.open(topic, { ...message, id: randomUUID() })).rejects.toThrow();
  });

  it('does not publish a stored event twice on one topic, since a reader could resume between the two', async () => {
    await append(0, 1);
    await isReadable(1);
    const twice: Published = async (recorded) => {
      const one = await published(recorded);
      return one && 'topic' in one ? [one, one] : undefined;
    };
    const readingTwice = (async () => {
      for await (const _ of client(twice).read({ topic, afterCursor: '' }, reading));
    })();
    await expect(readingTwice).rejects.toThrow(TypeError);
  });

  it('serves what was published from the first event on or after a cursor, and rejects what is no cursor', async () => {
    await append(0, 3);
    await isReadable(3);
    await expect(async () => {
      for await (const _ of client().read({ topic, afterCursor: 'x' }, reading));
    }).rejects.toThrow('after_cursor');
    const read = async (afterCursor: string) => {
      const got = [];
      for await (const response of client().read({ topic, afterCursor }, reading)) got.push(response);
      return got;
    };
    const all = await read('');
    expect(all).toHaveLength(3);
    expect(await read(all[0]?.cursor ?? '')).toEqual(all.slice(1));
  });

  it('delivers everything once to a new consumer, though the topic no longer has the first events', async () => {
    await append(0, 30);
    const first = relay();
    await first.caughtUp();
    await emptyTopic();
    await append(30, 40);
    const handled: number[] = [];
    await follow(handled).caughtUp;
    await append(40, 50);
    await eventually(() => handled.length >= 50, Boolean);
    expect(handled).toEqual(numbers(50));
  });

  it('delivers what a consumer missed, though it was away for longer than the retention of the topic', async () => {
    relay();
    await append(0, 10);
    const before: number[] = [];
    const first = follow(before);
    await eventually(() => before.length === 10, Boolean);
    await first.close();
    await append(10, 20);
    await open
      .filter((one): one is Processor => 'caughtUp' in one && typeof one.caughtUp === 'function')[0]
      ?.caughtUp();
    await emptyTopic();
    await append(20, 25);
    const after: number[] = [];
    follow(after);
    await eventually(() => after.length >= 15, Boolean);
    expect(after).toEqual(numbers(25, 10));
  });

  it('delivers once what a relay published twice', async () => {
    await append(0, 5);
    let dies = true;
    relay({
      publish: async (...asked) => {
        await broker.publish(...asked);
        if (dies) throw new Error('died');
      },
    });
    const seen = await collect();
    await eventually(() => seen.length >= 10, Boolean);
    dies = false;
    const handled: number[] = [];
    await follow(handled).caughtUp;
    await append(5, 6);
    await eventually(() => handled.includes(5), Boolean);
    expect(handled).toEqual(numbers(6));
  });

  it('delivers everything once although a source was away and batches failed', async () => {
    await append(0, 20);
    relay();
    let [away, failures] = [2, 0];
    const errors: unknown[] = [];
    const handled: number[] = [];
    follow(handled, {
      sources: [
        {
          source: SOURCE,
          eventsClient: {
            read: (request, options) => {
              if (away-- > 0) throw new Error('away');
              return client().read(request, options);
            },
          },
        },
      ],
      onBatch: (events) =>
        db.transaction(async (tx) => {
          if (events.some((event) => numberOf(event) === 9) && failures++ < 2) throw new Error('not now');
          await storeCursors(tx, topic, events);
          tx.afterCommit(() => handled.push(...events.map(numberOf)));
        }),
      onError: (error) => void errors.push(error),
    });
    await eventually(() => handled.length >= 20, Boolean);
    expect(handled).toEqual(numbers(20));
    expect(errors).toHaveLength(4);
  });

  it('moves a stored cursor only forwards, comparing numbers and not text', async () => {
    const event = (cursor: string): CloudEvent => ({
      id: cursor,
      source: SOURCE,
      type: 't',
      service: 's',
      time: new Date(),
      key: 'k',
      cursor,
      data: Buffer.alloc(0),
    });
    await storeCursors(db, topic, [event('9:5'), event('10:1')]);
    await storeCursors(db, topic, [event('9:7')]);
    expect((await cursorStore(db).cursors(topic)).get(SOURCE)).toEqual({ transactionId: 10n, position: 1n });
  });
});
