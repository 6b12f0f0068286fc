import { randomUUID } from 'node:crypto';
import { NumberChange, NumberChanged, PersonsMerged } from '@crossroads/contracts/person/v1/events';
import { type Database, openDatabase } from '@crossroads/database';
import { partitionOf, PostgresEventStore, topicPartitionOf } from '@crossroads/eventsourcing';
import type { CloudEvent, PhantomRange } from '@crossroads/messaging';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NumberConsumer } from '../src/number/number.consumer.js';
import { numberKey } from '../src/number/number-key.js';
import { service } from '../src/service.js';

const TOPIC = 'crossroads.person.v1';
const LOG = randomUUID();

const { NUMBER_CHANGE_ASSIGNED, NUMBER_CHANGE_CANCELED, NUMBER_CHANGE_REPLACED } = NumberChange;

/** A log of the registry that can be restored; its serials go back with it. */
class Registry {
  private events: (CloudEvent & { readonly partition: number })[] = [];
  private serial = 0n;

  number(partition: number, change: Partial<NumberChanged>): CloudEvent {
    const kind = { [NUMBER_CHANGE_REPLACED]: 'replaced', [NUMBER_CHANGE_CANCELED]: 'canceled' };
    const { change: number = NUMBER_CHANGE_ASSIGNED } = change;
    const type = `numbers.notify.${Reflect.get(kind, number) ?? 'assigned'}`;
    return this.append(partition, type, NumberChanged.encode(NumberChanged.fromPartial({ ...change, change: number })));
  }

  /** In the partitions of all who are concerned, as the registry does. */
  merge(personIds: readonly string[], survivorPersonId: string): CloudEvent[] {
    return [...new Set([...personIds, survivorPersonId])].map((id) =>
      this.append(
        partitionOfPerson(id),
        'persons.notify.merged',
        PersonsMerged.encode({
          personIds: [...personIds],
          survivorPersonId,
          mergeTime: new Date(),
          contestedPersonIds: [],
        }),
      ),
    );
  }

  copy() {
    return { events: this.events, serial: this.serial };
  }

  restore({ events, serial }: ReturnType<Registry['copy']>): void {
    this.events = events;
    this.serial = serial;
  }

  head(partition: number): bigint {
    return this.events.findLast((event) => event.partition === partition)?.place?.position ?? 0n;
  }

  readonly log = {
    all: (partition: number) => this.read(partition),
    recent: () => this.read(-1),
  };

  private async *read(partition: number): AsyncGenerator<CloudEvent> {
    yield* this.events.filter((event) => event.partition === partition);
  }

  private append(partition: number, type: string, data: { finish(): Uint8Array }): CloudEvent {
    const position = this.head(partition) + 1n;
    const previous = { position: position - 1n, hash: '' };
    const event = {
      id: randomUUID(),
      source: 'urn:crossroads:service:person-registry',
      type: `${TOPIC}.${type}`,
      service: TOPIC,
      time: new Date(),
      key: '',
      partition,
      place: { logId: LOG, position, hash: '', serial: ++this.serial, previous },
      data: data.finish(),
    };
    this.events = [...this.events, event];
    return event;
  }
}

const partitionOfPerson = (id: string): number => topicPartitionOf(partitionOf('main', id));

const personIn = (partition: number): string => {
  for (;;) {
    const id = randomUUID();
    if (partitionOfPerson(id) === partition) return id;
  }
};

describe('after a restore of the registry to an older state', () => {
  let database: TestDatabase;
  let db: Database;
  let consumer: NumberConsumer;
  let registry: Registry;

  beforeAll(async () => {
    database = await testDatabase(...service.database.migrations);
    db = await openDatabase({ url: database.url, poolSize: 4 });
    consumer = new NumberConsumer(new PostgresEventStore(db), db);
  }, 60_000);
  beforeEach(async () => {
    registry = new Registry();
    await db.query('delete from merges');
    await db.query('delete from numbers');
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  const take = (...events: readonly CloudEvent[]) =>
    db.transaction((tx) =>
      consumer.handle(
        consumer.read(events).flatMap(({ items }) => items),
        tx,
      ),
    );
  const found = (partition: number, after: bigint, upTo: bigint) => {
    const range: PhantomRange = {
      ...{ topic: TOPIC, partition, after, upTo, logId: LOG, since: new Date(0) },
      source: 'urn:crossroads:service:person-registry',
    };
    return consumer.onPhantoms(range, registry.log);
  };
  /** As `main.js resync --confirm` does: all after `after` is then read again. */
  const resync = async (partition: number, after: bigint, upTo: bigint) => {
    const { apply, report } = await found(partition, after, upTo);
    await db.transaction(apply);
    for await (const event of registry.log.all(partition)) if ((event.place?.position ?? 0n) > after) await take(event);
    return report.join(' ');
  };
  const stateOf = async (index: string): Promise<string | undefined> =>
    (await db.query<{ state: string }>('select state::text from numbers where number = $1', [numberKey(index)]))[0]
      ?.state;
  const survivorOf = async (id: string): Promise<string | null | undefined> =>
    (
      await db.query<{ id: string | null }>(
        `select s.person_id as id from merges m join persons p using (person) left join persons s on s.person = m.survivor
          where p.person_id = $1`,
        [id],
      )
    )[0]?.id;

  it('a new change of a number is taken, though a lost one had a higher serial', async () => {
    const [anna, index] = [randomUUID(), `k:${randomUUID()}`];
    await take(registry.number(3, { personId: anna, ssinIndex: index }));
    const copy = registry.copy();
    for (let n = 0; n < 3; n++) registry.number(3, { personId: randomUUID(), ssinIndex: `k:${randomUUID()}` });
    await take(
      registry.number(3, {
        ...{ personId: anna, ssinIndex: index, replacedByIndex: 'k:other' },
        change: NUMBER_CHANGE_REPLACED,
      }),
    );
    expect(await stateOf(index)).toBe('R');
    const upTo = registry.head(3);
    registry.restore(copy);
    registry.number(3, { personId: anna, ssinIndex: index, change: NUMBER_CHANGE_CANCELED });
    expect(await resync(3, 1n, upTo)).toContain('1 numbers and 0 merges');
    expect(await stateOf(index)).toBe('C');
  });

  it('what only lost events said is undone: a number is as it was before, or unknown', async () => {
    const [anna, index, lost] = [randomUUID(), `k:${randomUUID()}`, `k:${randomUUID()}`];
    await take(registry.number(3, { personId: anna, ssinIndex: index }));
    const copy = registry.copy();
    await take(
      registry.number(3, { personId: anna, ssinIndex: index, change: NUMBER_CHANGE_CANCELED }),
      registry.number(3, { personId: anna, ssinIndex: lost }),
    );
    const upTo = registry.head(3);
    registry.restore(copy);
    await found(3, 1n, upTo);
    expect(await stateOf(index)).toBe('C');
    await resync(3, 1n, upTo);
    expect(await stateOf(index)).toBe('V');
    expect(await stateOf(lost)).toBeUndefined();
  });

  it('what comes again between the mark and the end of the restored log changes nothing', async () => {
    const [anna, index] = [randomUUID(), `k:${randomUUID()}`];
    await take(
      registry.number(3, { personId: anna, ssinIndex: index }),
      registry.number(3, { personId: anna, ssinIndex: index, change: NUMBER_CHANGE_CANCELED }),
    );
    await resync(3, 0n, 5n);
    expect(await stateOf(index)).toBe('C');
  });

  it('a merge is taken that a lost merge in another partition would have refused', async () => {
    const [merged, survivor, other] = [personIn(1), personIn(2), personIn(4)];
    for (const partition of [1, 2, 4]) await take(registry.number(partition, { ssinIndex: 'k:1', personId: other }));
    const copy = registry.copy();
    // The event in the survivor's partition has the highest serial: the row names that partition.
    await take(...registry.merge([merged], survivor));
    expect(await survivorOf(merged)).toBe(survivor);
    const upTo = { 1: registry.head(1), 2: registry.head(2) };
    registry.restore(copy);
    registry.merge([merged], other);
    await resync(1, 1n, upTo[1]);
    await resync(2, 1n, upTo[2]);
    expect(await survivorOf(merged)).toBe(other);
  });

  it('a lost merge is undone', async () => {
    const [merged, survivor] = [personIn(1), personIn(2)];
    const copy = registry.copy();
    await take(...registry.merge([merged], survivor));
    const upTo = { 1: registry.head(1), 2: registry.head(2) };
    registry.restore(copy);
    await resync(1, 0n, upTo[1]);
    await resync(2, 0n, upTo[2]);
    expect(await survivorOf(merged)).toBeUndefined();
  });

  it('a row that another partition has written since is left as it is', async () => {
    const [merged, survivor, other] = [personIn(1), personIn(2), personIn(4)];
    const copy = registry.copy();
    await take(...registry.merge([merged], survivor));
    const upTo = registry.head(2);
    registry.restore(copy);
    const { apply } = await found(2, 0n, upTo);
    for (let n = 0; n < 3; n++) registry.number(4, { ssinIndex: 'k:1', personId: other });
    await take(...registry.merge([merged], other));
    await db.transaction(apply);
    expect(await survivorOf(merged)).toBe(other);
  });
});
