import { randomUUID } from 'node:crypto';
import { newRequestId } from '@crossroads/grpc';
import type { CloudEvent } from '@crossroads/messaging';
import { allRows, eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type ToPublish } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Subscriber } from './subscriber.js';
import { ADMINISTRATOR, FUND, type Person, type SubscriptionClient, SURNAME, subscribed, World } from './world.js';

const TOPIC = 'crossroads.person.v1';

describe('parked mutations', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let administrator: SubscriptionClient;
  let reads: Subscriber;
  let id: string;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    administrator = world.client(running, ADMINISTRATOR);
    reads = await world.reads(FUND, (await subscribed(fund)).topic);
  });
  afterAll(() => mesh.stop());
  beforeEach(async () => {
    id = (await subscribed(fund)).subscriptionId;
  });

  const eventOf = ({ type, key, data }: ToPublish): CloudEvent => ({
    id: randomUUID(),
    source: 'urn:crossroads:service:person-registry',
    service: TOPIC,
    type: `${TOPIC}.${type}`,
    time: new Date(),
    key,
    data,
  });
  const sealed = (events: readonly CloudEvent[]) => mesh.sealing('person-registry').seal(TOPIC, events);
  const send = async (events: readonly CloudEvent[]) => mesh.bus.broker.publish(TOPIC, await sealed(events));
  /** What no version of subscription can decode. */
  const broken = (event: CloudEvent): CloudEvent => ({ ...event, data: Buffer.from([0xff]) });
  const parked = async () => (await administrator.listParked({ pageSize: 0, pageToken: '' })).parked;
  const parkedOf = async ({ personId }: Person) => (await parked()).filter((one) => one.personId === personId);
  const redrive = ({ personId }: Person) => administrator.redriveParked({ requestId: newRequestId(), personId });

  /** Somebody with a mutation that cannot be decoded, and two more behind it. */
  const somebodyParked = async (): Promise<Person> => {
    const person = world.person(FUND);
    await send([broken(eventOf(world.mutation(person)))]);
    await send([eventOf(world.mutation(person)), eventOf(world.mutation(person))]);
    await eventually(
      () => parkedOf(person),
      (all) => all.length === 3,
    );
    return person;
  };

  /** Puts in place of the first parked mutation of somebody the one that should have come. */
  const mend = async (person: Person): Promise<void> => {
    const [event] = await sealed([eventOf(world.mutation(person, { sourceRevision: 1n }))]);
    await world.asAdmin((client) =>
      client.query(
        `update parked set data = $2, event_id = $3,
           headers = headers
             || jsonb_build_object('ce_id', $3::text, 'ce_sealingkeyid', $4::text, 'ce_time', $5::text)
         where position = (select min(position) from parked where key = $1)`,
        [person.personId, Buffer.from(event?.data ?? []), event?.id, event?.sealingKeyId, event?.time.toISOString()],
      ),
    );
  };

  it('a mutation that cannot be decoded is parked with the same person’s later ones, while others’ are delivered', async () => {
    const [one, other] = [await somebodyParked(), world.person(FUND)];
    await send([eventOf(world.mutation(other))]);
    await reads.count(id, 1);
    expect(reads.mutations(id)).toMatchObject([{ ssin: other.ssin }]);
    expect((await parkedOf(one)).map(({ reason, attempts }) => [reason, attempts])).toEqual([
      ['UNREADABLE', 0],
      ['BEHIND_PARKED', 0],
      ['BEHIND_PARKED', 0],
    ]);
  });

  it('parked mutations are listed by pages, in the order of parking', async () => {
    await somebodyParked();
    const all = await parked();
    const listed: unknown[] = [];
    for (let pageToken = ''; ; ) {
      const page = await administrator.listParked({ pageSize: 2, pageToken });
      listed.push(...page.parked);
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
      expect(page.parked).toHaveLength(2);
    }
    expect(listed).toEqual(all);
  });

  it('other types of messages on the topic are not parked, readable or not', async () => {
    const one = await somebodyParked();
    const other = world.person(FUND);
    const assigned = (person: Person) => ({
      ...eventOf(world.mutation(person)),
      type: `${TOPIC}.numbers.notify.assigned`,
    });
    await send([broken(assigned(other)), assigned(one), eventOf(world.mutation(other))]);
    await reads.count(id, 1);
    expect(await parkedOf(one)).toHaveLength(3);
    expect(await parkedOf(other)).toEqual([]);
  });

  it('a redrive counts an attempt, and takes nothing out of the queue, while it cannot be decoded', async () => {
    const one = await somebodyParked();
    expect(await redrive(one)).toEqual({ redriven: 0, stillParked: 1 });
    const ofAll = await administrator.redriveParked({ requestId: newRequestId(), personId: '' });
    expect(ofAll.redriven).toBe(0);
    expect(ofAll.stillParked).toBeGreaterThan(0);
    expect((await parkedOf(one)).map(({ reason, attempts }) => [reason, attempts])).toEqual([
      ['UNREADABLE', 2],
      ['BEHIND_PARKED', 0],
      ['BEHIND_PARKED', 0],
    ]);
  });

  it('a mutation of an unknown data service is parked until the data service is registered', async () => {
    const one = world.person(FUND);
    const later = world.mutation(one, { dataService: 'later.v1' });
    await send([eventOf({ ...later, type: 'persons.notify.changed' })]);
    const queue = await eventually(
      () => parkedOf(one),
      (all) => all.length === 1,
    );
    expect(queue).toMatchObject([{ reason: 'UNKNOWN_DATA_SERVICE' }]);
    mesh.policy.put({
      $case: 'dataService',
      value: {
        dataService: 'later.v1',
        title: '',
        jsonSchema: {},
        fieldGroups: [],
        supplier: undefined,
        reporters: [],
      },
    });
    await eventually(
      () => redrive(one),
      ({ redriven }) => redriven === 1,
    );
    expect(await parkedOf(one)).toEqual([]);
  });

  it('a mutation under the key of another person is parked', async () => {
    const [one, other] = [world.person(FUND), world.person(FUND)];
    await send([{ ...eventOf(world.mutation(other)), key: one.personId }]);
    const queue = await eventually(
      () => parkedOf(one),
      (all) => all.length === 1,
    );
    expect(queue).toMatchObject([{ reason: 'KEY_OF_ANOTHER_PERSON' }]);
  });

  it('a redrive delivers a person’s mutations in their order, and a repeated request does nothing more', async () => {
    const one = await somebodyParked();
    await mend(one);
    const request = { requestId: newRequestId(), personId: one.personId };
    const first = await administrator.redriveParked(request);
    expect(first).toEqual({ redriven: 3, stillParked: 0 });
    // Something that a second redrive would try.
    await send([broken(eventOf(world.mutation(one)))]);
    const [waiting] = await eventually(
      () => parkedOf(one),
      (all) => all.length === 1,
    );
    expect(await administrator.redriveParked(request)).toEqual(first);
    expect(await parkedOf(one)).toEqual([waiting]);
    await reads.count(id, 3);
    expect(reads.mutations(id).map(({ ssin, sourceRevision }) => [ssin, sourceRevision])).toEqual(
      [1n, 2n, 3n].map((revision) => [one.ssin, revision]),
    );
  });

  it('nothing personal stands in tables, keys, headers or log lines', async () => {
    const people = [await somebodyParked(), world.person(FUND), world.person(FUND)];
    await subscribed(fund, { persons: { $case: 'named', value: { ssins: people.map(({ ssin }) => ssin) } } });
    await send(people.slice(1).map((person) => eventOf(world.mutation(person))));
    await reads.count(id, 2);
    const secrets = [SURNAME, ...people.map(({ ssin }) => ssin)].flatMap((text) => [
      text,
      Buffer.from(text).toString('hex'),
    ]);
    const everything = [
      running.output,
      ...(await Promise.all(mesh.serviceDatabases.map(({ adminUrl }) => allRows(adminUrl)))).flat(),
      JSON.stringify(reads.raw.map(({ event: { data: _data, ...outside } }) => outside)),
    ];
    expect(everything.length).toBeGreaterThan(8);
    for (const text of everything) expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    // The search finds what is there: the subscriber's own bodies.
    expect(
      secrets.filter((secret) => reads.raw.some(({ event }) => Buffer.from(event.data).includes(secret))).length,
    ).toBeGreaterThan(1);
  });
});
