import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import { Database, databaseOver, dataSourceOptions } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import {
  BEHIND_PARKED,
  type CloudEvent,
  Inbox,
  ParkedMessageEntity,
  ParkedMessageRepository,
  TopicSealing,
} from '@crossroads/messaging';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { NUMBER_EVENTS } from '../src/number/number-events.reader.js';
import { NumberConsumer } from '../src/number/number.consumer.js';
import { numberKey } from '../src/number/number-key.js';
import { service } from '../src/service.js';

const TOPIC = 'crossroads.person.v1';
const placeAt = (position: bigint) => {
  const hash = position.toString(16).padStart(64, '0');
  const previous = { position: position - 1n, hash: (position - 1n).toString(16).padStart(64, '0') };
  return { logId: '01900000-0000-7000-8000-000000000000', position, hash, serial: position, previous };
};
const SOURCE = 'urn:crossroads:service:person-registry';

describe('unreadable events on the topic of persons', () => {
  let database: TestDatabase;
  let db: Database;
  let inbox: Inbox;
  let messages: ParkedMessageRepository;
  let consumer: NumberConsumer;
  const mended = new Map<string, Uint8Array>();
  let position = 0n;

  beforeAll(async () => {
    database = await testDatabase(...service.database.migrations);
    const { url } = database;
    const dataSource = new DataSource({ ...dataSourceOptions({ url, poolSize: 2 }), entities: [ParkedMessageEntity] });
    await dataSource.initialize();
    db = databaseOver(dataSource, { url });
    consumer = new NumberConsumer(new PostgresEventStore(db), db);
    messages = new ParkedMessageRepository(dataSource.getRepository(ParkedMessageEntity));
    // As bytes that no version can decode, and the right ones after an upgrade.
    const open = async (_topic: string, event: CloudEvent) => ({ ...event, data: mended.get(event.id) ?? event.data });
    const seal = async (_topic: string, events: readonly CloudEvent[]) => [...events];
    const testing = await Test.createTestingModule({
      providers: [
        Inbox,
        { provide: Database, useValue: db },
        { provide: TopicSealing, useValue: { open, seal } },
        { provide: ParkedMessageRepository, useValue: messages },
      ],
    }).compile();
    inbox = testing.get(Inbox);
  }, 60_000);
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });
  beforeEach(async () => {
    mended.clear();
    await db.query('delete from parked');
  });

  const take = (events: readonly CloudEvent[]) => inbox.handleBatch(TOPIC, consumer, events, NUMBER_EVENTS);
  const event = (personId: string, ssinIndex: string, more: Partial<CloudEvent> = {}): CloudEvent => {
    const change = { personId, ssinIndex, change: NumberChange.NUMBER_CHANGE_ASSIGNED };
    position += 1n;
    return {
      id: randomUUID(),
      source: SOURCE,
      type: 'crossroads.person.v1.numbers.notify.assigned',
      service: TOPIC,
      time: new Date(),
      key: personId,
      partition: 0,
      place: placeAt(position),
      data: NumberChanged.encode(NumberChanged.fromPartial(change)).finish(),
      ...more,
    };
  };
  const isKnown = async (ssinIndex: string): Promise<boolean> =>
    (await db.query('select from numbers where number = $1', [numberKey(ssinIndex)])).length > 0;
  const parked = async () => (await messages.page({ limit: 100 })).map(({ event: { id }, reason }) => [id, reason]);
  const index = () => `k:${randomUUID()}`;

  it('an unreadable event is parked with later events of its person, and other persons are not delayed', async () => {
    const [person, other] = [randomUUID(), randomUUID()];
    const [first, second, third, others] = [index(), index(), index(), index()];
    const right = event(person, first);
    const unreadable = { ...right, data: Buffer.from([0xff, 0xff]) };
    const later = event(person, second);
    await take([unreadable, event(other, others), later]);
    const latest = event(person, third);
    await take([latest]);
    expect(await parked()).toEqual([
      [unreadable.id, 'UNREADABLE'],
      [later.id, BEHIND_PARKED],
      [latest.id, BEHIND_PARKED],
    ]);
    expect(await isKnown(others)).toBe(true);
    expect(await isKnown(second)).toBe(false);
    expect(await inbox.redrive(TOPIC, consumer)).toEqual({ handled: 0, blocked: 1 });
    mended.set(right.id, right.data);
    expect(await inbox.redrive(TOPIC, consumer)).toEqual({ handled: 3, blocked: 0 });
    for (const number of [first, second, third]) expect(await isKnown(number)).toBe(true);
    expect(await parked()).toEqual([]);
  });

  it.each<[string, Partial<CloudEvent>]>([
    ['undecodable bytes', { data: Buffer.from([0xff, 0xff]) }],
    [
      'an unknown change',
      { data: NumberChanged.encode(NumberChanged.fromPartial({ personId: randomUUID(), ssinIndex: 'k:1' })).finish() },
    ],
    [
      'an invalid person id',
      {
        data: NumberChanged.encode(
          NumberChanged.fromPartial({
            personId: "'; --",
            ssinIndex: 'k:1',
            change: NumberChange.NUMBER_CHANGE_ASSIGNED,
          }),
        ).finish(),
      },
    ],
  ])('an event with %s is parked', async (_what, wrong) => {
    const good = index();
    const unreadable = event(randomUUID(), index(), wrong);
    await take([unreadable, event(randomUUID(), good)]);
    expect(await parked()).toEqual([[unreadable.id, 'UNREADABLE']]);
    expect(await isKnown(good)).toBe(true);
  });

  it('an event that does not concern numbers is not parked', async () => {
    const data = Buffer.from([0xff, 0xff]);
    await take([event(randomUUID(), index(), { type: 'crossroads.person.v1.persons.notify.changed', data })]);
    expect(await parked()).toEqual([]);
  });
});
