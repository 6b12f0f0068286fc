import { type Database, databaseOver, dataSourceOptions } from '@crossroads/database';
import {
  BEHIND_PARKED,
  type CloudEvent,
  type EventConsumer,
  Inbox,
  ParkedMessageEntity,
  ParkedMessageRepository,
  parkingMigrations,
  redrive,
  type TopicSealing,
} from '@crossroads/messaging';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { numberOf, sampleEvent } from '@crossroads/messaging/broker.contract';
import { PERSON_TOPIC } from '@crossroads/topology';
import { DataSource } from 'typeorm';

const TOPIC = 'crossroads.sample.v1';

describe('parked messages', () => {
  let database: TestDatabase;
  let db: Database;
  let parked: ParkedMessageRepository;

  beforeEach(async () => {
    database = await testDatabase(...parkingMigrations);
    const { url } = database;
    const dataSource = new DataSource({ ...dataSourceOptions({ url }), entities: [ParkedMessageEntity] });
    await dataSource.initialize();
    db = databaseOver(dataSource, { url });
    parked = new ParkedMessageRepository(dataSource.getRepository(ParkedMessageEntity));
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });
  afterAll(async () => (await testPostgres()).stop());

  const event = (n: number, key: string): CloudEvent => sampleEvent(n, { key, sealingKeyId: 'k.1', place: placeAt(n) });
  const placeAt = (n: number) => ({
    logId: '0b5a1c0e-6e2e-4a58-8f0e-6a1f1b2c3d4e',
    position: BigInt(n),
    hash: 'aa'.repeat(32),
    serial: BigInt(n),
    previous: { position: BigInt(n) - 1n, hash: 'bb'.repeat(32) },
  });
  const park = (one: CloudEvent, reason = 'PERSON_UNKNOWN') =>
    db.transaction((tx) => parked.park(tx, TOPIC, one, reason));
  const parkBlocked = (events: readonly CloudEvent[]) => db.transaction((tx) => parked.parkBlocked(tx, TOPIC, events));
  const parkedNumbers = async () => (await parked.page({ limit: 100 })).map((one) => numberOf(one.event));

  it('stores an event as it was received', async () => {
    const received = event(1, 'a');
    await park(received);
    const [first] = await parked.page({ limit: 10 });
    expect(first).toMatchObject({ topic: TOPIC, reason: 'PERSON_UNKNOWN', attempts: 0 });
    expect(first?.event).toEqual(received);
  });

  it('parks the events of a blocked key, and lets those of other keys pass', async () => {
    await park(event(1, 'a'));
    const pass = await parkBlocked([event(2, 'a'), event(3, 'b'), event(4, 'a')]);
    expect(pass.map(numberOf)).toEqual([3]);
    expect(await parkedNumbers()).toEqual([1, 2, 4]);
    expect((await parked.page({ limit: 9 })).map(({ reason }) => reason)).toEqual([
      'PERSON_UNKNOWN',
      BEHIND_PARKED,
      BEHIND_PARKED,
    ]);
    expect(await db.transaction((tx) => parked.blockedKeys(tx, 'crossroads.other.v1', ['a']))).toEqual(new Set());
  });

  it('hold up the events of their key, and not those of types that pass', async () => {
    await park(event(1, 'a'));
    const handled: number[] = [];
    const consumer: EventConsumer<number> = {
      read: (events) => events.map((one) => ({ items: [numberOf(one)] })),
      handle: async (items) => void handled.push(...items),
    };
    const asItIs = async (_topic: string, events: readonly CloudEvent[]) => [...events];
    const sealing = { seal: asItIs } as TopicSealing;
    const inbox = new Inbox(db, sealing, parked);
    const order = { ...event(3, 'a'), type: 'sample.erasures.notify.ordered' };
    const record = async () => undefined;
    await inbox.handleBatch(PERSON_TOPIC, consumer, [event(2, 'a'), order], undefined, record, [order.type]);
    expect(handled).toEqual([2, 3]);
    handled.length = 0;
    await db.transaction((tx) => parked.park(tx, PERSON_TOPIC, event(1, 'a'), 'PERSON_UNKNOWN'));
    await inbox.handleBatch(PERSON_TOPIC, consumer, [event(2, 'a'), order], undefined, record, [order.type]);
    expect(handled).toEqual([3]);
  });

  it('parks an event that is delivered again once', async () => {
    const [one, two] = [event(1, 'a'), event(2, 'a')];
    for (let time = 0; time < 3; time++) {
      await park(one);
      await parkBlocked([two]);
    }
    expect(await parkedNumbers()).toEqual([1, 2]);
  });

  it('lists parked events in pages', async () => {
    for (let n = 0; n < 5; n++) await park(event(n, `key-${n}`));
    const first = await parked.page({ topic: TOPIC, limit: 3 });
    const last = first.at(-1);
    const second = await parked.page({ topic: TOPIC, limit: 3, ...(last ? { after: last.position } : {}) });
    expect([...first, ...second].map((one) => numberOf(one.event))).toEqual([0, 1, 2, 3, 4]);
    expect(await parked.page({ topic: 'crossroads.other.v1', limit: 3 })).toEqual([]);
  });

  it('redrives each queue in its order until it is empty', async () => {
    for (const [n, key] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'a'],
      [4, 'b'],
    ] as const)
      await park(event(n, key));
    const handled: number[] = [];
    const outcome = await redrive({
      db,
      parked,
      topic: TOPIC,
      handle: async (one) => void handled.push(numberOf(one)),
    });
    expect(outcome).toEqual({ handled: 4, blocked: 0 });
    expect(handled).toEqual([1, 3, 2, 4]);
    expect(await parkedNumbers()).toEqual([]);
  });

  it('redrives the queue of one key', async () => {
    await park(event(1, 'a'));
    await park(event(2, 'b'));
    await redrive({ db, parked, topic: TOPIC, key: 'b', handle: async () => undefined });
    expect(await parkedNumbers()).toEqual([1]);
  });

  it('stops a queue at an event that fails again, stores its new reason, and goes on with the other queues', async () => {
    for (const [n, key] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
      [4, 'c'],
    ] as const)
      await park(event(n, key));
    const outcome = await redrive({
      db,
      parked,
      topic: TOPIC,
      handle: async (one) => {
        if (numberOf(one) === 1) return { stillBecause: 'UNREADABLE' };
        if (numberOf(one) === 3) throw new Error('no');
        return undefined;
      },
    });
    expect(outcome).toEqual({ handled: 1, blocked: 2 });
    expect(
      (await parked.page({ limit: 9 })).map(({ event: one, reason, attempts }) => [numberOf(one), reason, attempts]),
    ).toEqual([
      [1, 'UNREADABLE', 1],
      [2, 'PERSON_UNKNOWN', 0],
      [3, 'PERSON_UNKNOWN', 1],
    ]);
  });

  it('rolls back what a failed redrive wrote', async () => {
    await park(event(1, 'a'));
    await redrive({
      db,
      parked,
      topic: TOPIC,
      handle: async (_one, tx) => {
        await parked.park(tx, TOPIC, event(9, 'z'), 'PERSON_UNKNOWN');
        throw new Error('no');
      },
    });
    expect(await parkedNumbers()).toEqual([1]);
  });

  it('parks no event behind a queue that a redrive is just emptying', async () => {
    await park(event(1, 'a'));
    let passed: Promise<CloudEvent[]> | undefined;
    await redrive({
      db,
      parked,
      topic: TOPIC,
      handle: async () => {
        passed = parkBlocked([event(2, 'a')]);
        // It waits for this transaction to end.
        await expect(Promise.race([passed, waitingInDatabase()])).resolves.toBe('waiting');
        return undefined;
      },
    });
    expect((await passed)?.map(numberOf)).toEqual([2]);
    expect(await parkedNumbers()).toEqual([]);
  });

  const waitingInDatabase = async (): Promise<'waiting'> => {
    for (;;) {
      const rows = await db.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return 'waiting';
    }
  };
});
