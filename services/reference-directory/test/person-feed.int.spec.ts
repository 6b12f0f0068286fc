import { randomUUID } from 'node:crypto';
import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import { type Database, openDatabase } from '@crossroads/database';
import { BEHIND_PARKED, type CloudEvent, cursorStore, listParked } from '@crossroads/messaging';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PERSON_TOPIC, PersonFeed } from '../src/consumers/person-feed.js';
import { migrations } from '../src/migrations/directory.js';
import { numberKey } from '../src/view/number-key.js';

const SOURCE = 'urn:crossroads:service:person-registry';

describe('what cannot be read on the topic of persons', () => {
  let database: TestDatabase;
  let db: Database;
  let feed: PersonFeed;
  const missingKeys = new Set<string>();
  let position = 0n;

  beforeAll(async () => {
    database = await testDatabase(...migrations);
    db = await openDatabase({ url: database.url, poolSize: 2 });
    const open = async (_topic: string, event: CloudEvent) => {
      if (missingKeys.has(event.sealingKeyId ?? '')) throw new Error('KeyUnavailable');
      return event;
    };
    feed = new PersonFeed(db, { open });
  }, 60_000);
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });
  beforeEach(async () => {
    missingKeys.clear();
    await db.query('delete from parked');
  });

  const event = (personId: string, ssinIndex: string, more: Partial<CloudEvent> = {}): CloudEvent => {
    const change = { personId, ssinIndex, change: NumberChange.NUMBER_CHANGE_ASSIGNED };
    position += 1n;
    return {
      id: randomUUID(),
      source: SOURCE,
      type: 'crossroads.person.v1.numbers.notify.assigned',
      service: PERSON_TOPIC,
      time: new Date(),
      key: personId,
      cursor: `1:${position}`,
      data: NumberChanged.encode(NumberChanged.fromPartial(change)).finish(),
      ...more,
    };
  };
  const isKnown = async (ssinIndex: string): Promise<boolean> =>
    (await db.query('select from numbers where number = $1', [numberKey(ssinIndex)])).length > 0;
  const waiting = async () => (await listParked(db, { limit: 100 })).map(({ event: { id }, reason }) => [id, reason]);
  const index = () => `k:${randomUUID()}`;

  it('waits, with the same person’s later events behind it, and holds nobody else up', async () => {
    const [person, other] = [randomUUID(), randomUUID()];
    const [first, second, third, others] = [index(), index(), index(), index()];
    missingKeys.add('k1');
    const unreadable = event(person, first, { sealingKeyId: 'k1' });
    const later = event(person, second);
    await feed.take([unreadable, event(other, others), later]);
    const latest = event(person, third);
    await feed.take([latest]);
    expect(await waiting()).toEqual([
      [unreadable.id, 'UNREADABLE'],
      [later.id, BEHIND_PARKED],
      [latest.id, BEHIND_PARKED],
    ]);
    expect(await isKnown(others)).toBe(true);
    expect(await isKnown(second)).toBe(false);
    expect((await cursorStore(db).cursors(PERSON_TOPIC)).get(SOURCE)).toMatchObject({ position });

    expect(await feed.redrive()).toEqual({ handled: 0, blocked: 1 });
    missingKeys.clear();
    expect(await feed.redrive()).toEqual({ handled: 3, blocked: 0 });
    for (const number of [first, second, third]) expect(await isKnown(number)).toBe(true);
    expect(await waiting()).toEqual([]);
  });

  it.each<[string, Partial<CloudEvent>]>([
    ['bytes that are no message', { data: Buffer.from([0xff, 0xff]) }],
    [
      'a step that nobody knows',
      { data: NumberChanged.encode(NumberChanged.fromPartial({ personId: randomUUID(), ssinIndex: 'k:1' })).finish() },
    ],
    [
      'a person that is none',
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
    ['a cursor that is none', { cursor: 'somewhere' }],
  ])('is %s, too', async (_what, wrong) => {
    const good = index();
    const poisoned = event(randomUUID(), index(), wrong);
    await feed.take([poisoned, event(randomUUID(), good)]);
    expect(await waiting()).toEqual([[poisoned.id, 'UNREADABLE']]);
    expect(await isKnown(good)).toBe(true);
  });

  it('is not what is none of the directory’s business', async () => {
    missingKeys.add('k1');
    await feed.take([
      event(randomUUID(), index(), { type: 'crossroads.person.v1.persons.notify.changed', sealingKeyId: 'k1' }),
    ]);
    expect(await waiting()).toEqual([]);
  });
});
