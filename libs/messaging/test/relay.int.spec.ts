import { randomBytes, randomUUID } from 'node:crypto';
import { CheckedPlace_Standing as Standing, type ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { LogOpened } from '@crossroads/contracts/events/v1/log_opened';
import { type Database, openDatabase } from '@crossroads/database';
import {
  eventStoreMigrations,
  holdLog,
  LogReader,
  LogStamper,
  NeedsNewerVersion,
  partitionOf,
  partitionsOf,
  PostgresEventStore,
  topicPartitionOf,
  uuidV7,
} from '@crossroads/eventsourcing';
import {
  type Broker,
  type CloudEvent,
  NOT_PUBLISHED,
  embeddedLogMigrations,
  openEmbeddedBroker,
  publicationOf,
  type PublishedEvents,
  publishedEvents,
  type PublishedTypes,
  Relay,
  type RelayOptions,
  TopicSealing,
  unbundled,
} from '@crossroads/messaging';
import { numberOf } from '@crossroads/messaging/broker.contract';
import { type KeyProvider, TopicSealer } from '@crossroads/privacy';
import { eventually, isPublished, type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { PARTITIONS } from '@crossroads/topology';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const SOURCE = 'urn:crossroads:service:sample';
const OPENED = 'crossroads.events.v1.logs.notify.opened';
const master = randomBytes(32);
const keys: KeyProvider = {
  newDataKey: async (name) => ({ keyId: `${name}.k`, key: master }),
  dataKey: async () => master,
  secret: async () => master,
  secrets: async () => [{ kid: 'k', key: master }],
};
const MAIN = partitionsOf('main');
const numbers = (to: number, from = 0): number[] => Array.from({ length: to - from }, (_, n) => from + n);

describe('a relay', () => {
  let busDatabase: TestDatabase;
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let log: LogReader;
  let broker: Broker;
  let topic: string;
  let types: PublishedTypes;
  let got: CloudEvent[];
  /** Announcements, as they came. */
  let announced: CloudEvent[];
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    busDatabase = await testDatabase(...embeddedLogMigrations);
    broker = await openEmbeddedBroker({ url: busDatabase.url });
  });
  afterAll(async () => {
    await broker.close();
    await busDatabase.drop();
    await (await testPostgres()).stop();
  });
  beforeEach(async () => {
    topic = `crossroads.relay.${randomUUID()}`;
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url });
    store = new PostgresEventStore(db);
    log = new LogReader(db);
    types = { Counted: (recorded) => counted(recorded), Private: NOT_PUBLISHED };
    await collect(topic);
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    await db.close();
    await database.drop();
  });

  const counted = (recorded: Parameters<typeof publicationOf>[0], on = topic) =>
    publicationOf(recorded, {
      topic: on,
      source: SOURCE,
      type: 'sample.counts.notify.counted',
      service: 'crossroads.sample.v1',
      key: recorded.streamId,
      data: Buffer.from(JSON.stringify(recorded.data)),
    });
  const openings = () => announced.map(({ data }) => LogOpened.decode(data));
  const collect = async (on: string): Promise<void> => {
    await broker.ensureTopic({ name: on, retentionDays: 7, partitions: PARTITIONS });
    const [events, announcements]: [CloudEvent[], CloudEvent[]] = [[], []];
    [got, announced] = [events, announcements];
    const consumption = await broker.consume({
      topic: on,
      onBatch: async (batch) => {
        for (const event of batch) (event.type === OPENED ? announcements : events).push(event);
      },
    });
    closing.push(() => consumption.close());
  };
  /** Events of one key, so that they are in one partition. */
  const append = async (from: number, to: number, routingKey = 'one', type = 'Counted'): Promise<void> => {
    for (let n = from; n < to; n++) {
      const events = [
        { type, data: n },
        { type: 'Private', data: n },
      ];
      await store.append([{ streamId: randomUUID(), streamType: 'count', expectedRevision: 0n, routingKey, events }]);
    }
  };
  /** A process that works on some partitions of the log, as far as the leases go. */
  const process = async (partitions: readonly number[] = MAIN) => {
    const holder = randomUUID();
    const held = new Map(partitions.map((partition) => [partition, 1n]));
    const take = (some: readonly number[]) =>
      db.query(
        `insert into es.leases (role, partition, holder, expires_at) select 'log', p, $1, now() + interval '1 hour' from unnest($2::smallint[]) p
         on conflict (role, partition) do update set holder = $1, expires_at = now() + interval '1 hour'`,
        [holder, some],
      );
    await take(partitions);
    const leases = { holder, held: () => held, refuse: (partition: number) => void held.delete(partition) };
    const stamper = new LogStamper({ db, leases, onError: () => undefined });
    closing.push(() => stamper.close());
    return { leases, stamper, held, take };
  };
  const relay = async (changes: Partial<RelayOptions> = {}): Promise<Relay> => {
    const { leases, stamper } = changes.leases && changes.stamper ? (changes as RelayOptions) : await process();
    const started = new Relay({
      db,
      log,
      types,
      topics: new Map([[topic, 'main']]),
      broker,
      source: SOURCE,
      batchSize: 10,
      onError: () => undefined,
      leases,
      stamper,
      ...changes,
    });
    closing.push(() => started.close());
    return started;
  };
  const published = (topics: RelayOptions['topics'] = new Map([[topic, 'main']])) =>
    eventually(() => isPublished({ db, topics }), Boolean);
  const events = (): PublishedEvents => publishedEvents({ log, types, topics: new Map([[topic, 'main']]) }, () => true);
  const read = async (request: Partial<Parameters<PublishedEvents['read']>[0]> = {}): Promise<ReadResponse[]> => {
    const responses: ReadResponse[] = [];
    const call = { signal: new AbortController().signal, caller: { kind: 'service', name: 'reader' } } as const;
    const partition = topicPartitionOf(partitionOf('main', 'one'));
    for await (const response of events().read({ topic, partition, after: undefined, ...request }, call))
      responses.push(response);
    return responses;
  };

  it('publishes what the table of types says, in order, each linked to the one before it', async () => {
    await append(0, 35);
    await relay();
    await append(35, 40);
    await eventually(() => got.length >= 40, Boolean);
    expect(got.map(numberOf)).toEqual(numbers(40));
    const places = got.map(({ place }) => place);
    // Every second event is private.
    expect(places.map((place) => place?.position)).toEqual(numbers(40).map((n) => BigInt(2 * n + 1)));
    for (const [index, place] of places.entries())
      if (index > 0)
        expect(place?.previous).toEqual({ position: places[index - 1]?.position, hash: places[index - 1]?.hash });
    expect(places[0]).toMatchObject({ logId: (await log.logIds()).get('main'), previous: { position: 0n } });
    expect(got[0]).toMatchObject({ source: SOURCE, sequence: '00000000000000000001' });
    expect(new Set(got.map(({ partition }) => partition))).toEqual(
      new Set([topicPartitionOf(partitionOf('main', 'one'))]),
    );
  });

  it('first says where the log stands, in every partition that it takes', async () => {
    await append(0, 3);
    await relay();
    await eventually(() => openings().length >= PARTITIONS, Boolean);
    expect(
      openings()
        .map(({ head }) => head?.partition)
        .sort((a, b) => Number(a) - Number(b)),
    ).toEqual(numbers(PARTITIONS));
  });

  it('publishes a batch again, under the same ids and places, when it died before its step', async () => {
    await append(0, 5);
    let dies = true;
    const dying = await relay({
      broker: {
        publish: async (...asked) => {
          await broker.publish(...asked);
          if (dies && asked[1][0]?.type !== OPENED) throw new Error('died');
        },
      },
    });
    await eventually(() => got.length >= 5, Boolean);
    dies = false;
    await dying.close();
    await relay();
    await eventually(() => got.length >= 10, Boolean);
    expect(new Set(got.map(({ id, place }) => `${id} ${place?.position} ${place?.previous.position}`)).size).toBe(5);
    expect(got.slice(-5).map(numberOf)).toEqual(numbers(5));
  });

  it('goes on at its step when another process takes over, and links to what that one has published', async () => {
    await append(0, 5);
    const first = await relay();
    await published();
    await first.close();
    await append(5, 8);
    await relay();
    await eventually(() => got.length >= 8, Boolean);
    expect(got.map(numberOf)).toEqual(numbers(8));
    expect(got[5]?.place?.previous.position).toBe(got[4]?.place?.position);
  });

  it('shares the partitions with another process, which publishes what is its own', async () => {
    const [mine, theirs] = [MAIN.filter((n) => n % 2 === 0), MAIN.filter((n) => n % 2 === 1)];
    for (const partitions of [mine, theirs]) {
      const { leases, stamper } = await process(partitions);
      await relay({ leases, stamper });
    }
    const routed = Array.from({ length: 40 }, (_, n) => `key ${n}`);
    for (const [n, key] of routed.entries()) await append(n, n + 1, key);
    await eventually(() => got.length >= 40, Boolean);
    expect(got.map(numberOf).sort((a, b) => a - b)).toEqual(numbers(40));
  });

  it('seals the events of internal topics', async () => {
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'sample' }), new Map([[topic, SOURCE]]));
    await append(0, 1);
    await relay({ sealing });
    await eventually(() => got.length === 1, Boolean);
    const [sealed] = got;
    if (!sealed) throw new Error('nothing came');
    expect(announced.length).toBeGreaterThan(0);
    for (const one of announced) await sealing.open(topic, one);
    expect(sealed.sealingKeyId).toBe(`${topic}.k`);
    expect(Buffer.from(sealed.data).toString()).not.toBe('0');
    expect(numberOf(await sealing.open(topic, sealed))).toBe(0);
    await expect(sealing.open(topic, { ...sealed, id: 'another' })).rejects.toThrow();
  });

  it('puts the events of a batch into one sealed message on a bundled topic', async () => {
    topic = 'crossroads.access.exchange.v1';
    await collect(topic);
    const sealing = new TopicSealing(new TopicSealer({ keys, producer: 'sample' }), new Map([[topic, SOURCE]]));
    await append(0, 10);
    await relay({ sealing, batchSize: 20 });
    await published();
    await eventually(() => got.length > 0, Boolean);
    const messages = await Promise.all(got.map((message) => sealing.open(topic, message)));
    const taken = messages.flatMap(unbundled);
    expect(taken.map(numberOf)).toEqual(numbers(10));
    expect(got.length).toBeLessThan(10);
    expect(taken.map(({ place }) => place?.position)).toEqual(numbers(10).map((n) => BigInt(2 * n + 1)));
  });

  it('stops a partition at an event type that it does not know, and gives it back; the others go on', async () => {
    const { leases, stamper, held } = await process();
    await append(0, 2);
    await append(2, 3, 'one', 'FromTheFuture');
    await append(3, 4);
    await append(4, 5, 'two');
    expect(partitionOf('main', 'one')).not.toBe(partitionOf('main', 'two'));
    await relay({ leases, stamper });
    await eventually(() => got.length >= 3 && !held.has(partitionOf('main', 'one')), Boolean);
    expect(got.map(numberOf).sort((a, b) => a - b)).toEqual([0, 1, 4]);
    await expect(read()).rejects.toThrow(NeedsNewerVersion);

    types = { ...types, FromTheFuture: (recorded) => counted(recorded) };
    await relay();
    await eventually(() => got.length >= 5, Boolean);
    // What its last step does not tell may come twice.
    const ofOne = got.filter(({ partition }) => partition === topicPartitionOf(partitionOf('main', 'one')));
    expect([...new Set(ofOne.map(numberOf))]).toEqual([0, 1, 2, 3]);
  });

  it('reads what older versions wrote as if it had been written now, and gives back what a newer one wrote', async () => {
    const schemas = [1, 2, 3].map((schemaVersion, n) => ({ type: 'Counted', schemaVersion, data: n }));
    await store.append([
      { streamId: randomUUID(), streamType: 'count', expectedRevision: 0n, routingKey: 'one', events: schemas },
    ]);
    const { leases, stamper, held } = await process();
    await relay({ leases, stamper, upcasters: { Counted: [(data) => Number(data) + 100] } });
    await eventually(() => !held.has(partitionOf('main', 'one')), Boolean);
    await eventually(() => got.length >= 2, Boolean);
    expect(got.map(numberOf)).toEqual([100, 1]);
  });

  describe('of an older version beside a newer one', () => {
    /** A process with leases of its own. */
    const version = async (own: PublishedTypes) => {
      const ownDb = await openDatabase({ url: database.url });
      const leases = holdLog(ownDb);
      const stamper = new LogStamper({ db: ownDb, leases, onError: () => undefined });
      const started = await relay({ db: ownDb, types: own, leases, stamper });
      closing.push(async () => {
        await started.close();
        await stamper.close();
        await leases.close();
        await ownDb.close();
      });
      return leases;
    };
    const newer = (): PublishedTypes => ({ ...types, FromTheFuture: (recorded) => counted(recorded) });
    const keyIn = (partitions: ReadonlyMap<number, bigint>): string => {
      const key = numbers(200).find((n) => partitions.has(partitionOf('main', `key ${n}`)));
      if (key === undefined) throw new Error('it holds no partition of main');
      return `key ${key}`;
    };
    const inOrder = (key: string) =>
      [
        ...new Map(
          got
            .filter(({ partition }) => partition === topicPartitionOf(partitionOf('main', key)))
            .map((one) => [one.id, one]),
        ).values(),
      ].map(numberOf);

    it('the older one gives a partition back at what it does not know, and the newer one goes on there', async () => {
      const other = await version(newer());
      await eventually(() => other.held().size === 2 * PARTITIONS, Boolean);
      // The first half, which is main, is given to who comes later.
      const older = await version(types);
      await eventually(() => older.held().size === PARTITIONS, Boolean);
      const key = keyIn(older.held());
      await append(0, 3, key);
      await append(3, 4, key, 'FromTheFuture');
      await append(4, 6, key);
      await eventually(() => inOrder(key).length >= 6, Boolean);
      expect(inOrder(key)).toEqual(numbers(6));
      expect(older.held().has(partitionOf('main', key))).toBe(false);
      expect(other.held().has(partitionOf('main', key))).toBe(true);
    });

    it('the partition waits while no newer one runs, and the others go on', async () => {
      const older = await version(types);
      await append(0, 1, 'one', 'FromTheFuture');
      await append(1, 2, 'one');
      await eventually(() => older.held().size > 0 && !older.held().has(partitionOf('main', 'one')), Boolean);
      await append(2, 4, 'two');
      await eventually(() => inOrder('two').length >= 2, Boolean);
      expect(inOrder('one')).toEqual([]);
      await version(newer());
      await eventually(() => inOrder('one').length >= 2, Boolean);
      expect(inOrder('one')).toEqual([0, 1]);
    });
  });

  it('goes on with other partitions while one fails, and with that one once it can', async () => {
    let fails = true;
    types = {
      ...types,
      Counted: (recorded) => {
        if (fails && recorded.data === 1) throw new Error('no key');
        return counted(recorded);
      },
    };
    await append(0, 3);
    await append(3, 4, 'two');
    await relay();
    await eventually(() => got.length >= 2, Boolean);
    expect(got.map(numberOf).sort((a, b) => a - b)).toEqual([0, 3]);
    fails = false;
    await eventually(() => got.length >= 4, Boolean);
    expect(got.map(numberOf).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('gives a topic that is added later the past, and others nothing twice', async () => {
    await append(0, 3);
    const first = await relay();
    await published();
    await first.close();
    const before = got;
    const [old, added] = [topic, `crossroads.relay.${randomUUID()}`];
    await collect(added);
    types = { ...types, Counted: (recorded) => [counted(recorded, old), counted(recorded, added)] };
    const topics = new Map([old, added].map((name) => [name, 'main'] as const));
    await append(3, 5);
    await relay({ types, topics });
    await published(topics);
    await eventually(() => got.length >= 5, Boolean);
    expect(got.map(numberOf)).toEqual(numbers(5));
    await eventually(() => before.length >= 5, Boolean);
    expect(before.map(numberOf)).toEqual(numbers(5));
  });

  it('publishes journal streams from their own log', async () => {
    const topics = new Map([[topic, 'journal'] as const]);
    const { leases, stamper } = await process(partitionsOf('journal'));
    await relay({ topics, leases, stamper });
    await append(0, 1);
    const event = {
      streamId: uuidV7(),
      streamType: 'access',
      expectedRevision: 0n,
      events: [{ type: 'Counted', data: 7 }],
    };
    await store.append([{ ...event, log: 'journal', routingKey: 'one' }]);
    await eventually(() => got.length > 0, Boolean);
    expect(got.map(numberOf)).toEqual([7]);
    expect(got[0]?.place?.logId).toBe((await log.logIds()).get('journal'));
  });

  it('does not publish a stored event twice on one topic, since a reader could resume between the two', async () => {
    types = { ...types, Counted: (recorded) => [counted(recorded), counted(recorded)] };
    await append(0, 1);
    await relay();
    await eventually(async () => (await log.heads(MAIN)).get(partitionOf('main', 'one'))?.position === 2n, Boolean);
    await expect(read()).rejects.toThrow(TypeError);
  });

  describe('serves', () => {
    beforeEach(async () => {
      await append(0, 3);
      await relay();
      await published();
    });

    it('what was published, from the first event on or after a place, and then the watermark', async () => {
      const all = await read();
      expect(all.map(({ event, place }) => [event === undefined, place?.position])).toEqual([
        [false, 1n],
        [false, 3n],
        [false, 5n],
        [true, 6n],
      ]);
      expect(await read({ after: all[0]?.place })).toEqual(all.slice(1));
      expect(await read({ after: all.at(-1)?.place })).toEqual(all.slice(-1));
      expect(await read({ partition: (all[0]?.place?.partition ?? 0) ^ 1 })).toMatchObject([
        { place: { position: 0n } },
      ]);
    });

    it('nothing after a place that the log does not have', async () => {
      const place = (await read()).at(0)?.place;
      if (place === undefined) throw new Error('a place');
      for (const other of [
        { ...place, hash: Buffer.alloc(32) },
        { ...place, position: 99n },
        { ...place, logId: randomUUID() },
      ])
        await expect(read({ after: other })).rejects.toMatchObject({ reason: 'LOG_FORKED' });
      await expect(read({ partition: 16 })).rejects.toThrow('partitions are 0 to 15');
      await expect(read({ topic: 'crossroads.other.v1' })).rejects.toThrow('does not publish');
    });

    it('a comparison of places', async () => {
      const place = (await read()).at(0)?.place;
      if (place === undefined) throw new Error('a place');
      const { places } = await events().check({
        places: [
          place,
          { ...place, hash: Buffer.alloc(32) },
          { ...place, position: 99n },
          { ...place, logId: randomUUID() },
        ],
      });
      expect(places.map(({ standing }) => standing)).toEqual([
        Standing.STANDING_COMMON,
        Standing.STANDING_OTHER_HASH,
        Standing.STANDING_BEYOND_HEAD,
        Standing.STANDING_OTHER_LOG,
      ]);
      expect(places[0]?.head?.position).toBe(6n);
    });
  });
});
