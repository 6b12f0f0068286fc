import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRequestId } from '@crossroads/grpc';
import type { CloudEvent, TopicSealing } from '@crossroads/messaging';
import { generateKeyFile } from '@crossroads/privacy';
import type { ToPublish } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, type RunningSubscription, type SubscriptionClient, TestMesh } from './mesh.js';
import { Subscriber } from './subscriber.js';
import { ADMINISTRATOR, FUND, type Person, SURNAME, subscribed, World } from './world.js';

const TOPIC = 'crossroads.person.v1';

describe('mutations that cannot be read', () => {
  let mesh: TestMesh;
  let world: World;
  let running: RunningSubscription;
  let fund: SubscriptionClient;
  let administrator: SubscriptionClient;
  let reads: Subscriber;
  let id: string;
  let stranger: TopicSealing;
  const people: Person[] = [];

  beforeAll(async () => {
    mesh = await TestMesh.start('embedded');
    world = await World.create(mesh);
    running = await mesh.run(world.certificate(FUND));
    fund = mesh.client(running.port, world.certificate(FUND));
    administrator = mesh.client(running.port, world.certificate(ADMINISTRATOR));
    const { subscriptionId, topic } = await subscribed(fund);
    id = subscriptionId;
    reads = await Subscriber.of(
      await mesh.busOf(FUND, world.certificate(FUND)),
      topic,
      `${FUND}.spec`,
      mesh.receiptKeys,
    );
    const otherKeys = join(mkdtempSync(join(tmpdir(), 'crossroads-keys-')), 'keys.json');
    await generateKeyFile(otherKeys, [TOPIC]);
    stranger = mesh.sealing('elsewhere', otherKeys);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const someone = (): Person => {
    const person = world.person(FUND);
    people.push(person);
    return person;
  };
  const eventOf = ({ type, key, data }: ToPublish): CloudEvent => ({
    id: randomUUID(),
    source: 'urn:crossroads:service:elsewhere',
    service: TOPIC,
    type: `${TOPIC}.${type}`,
    time: new Date(),
    key,
    data,
  });
  const send = async (events: readonly CloudEvent[], sealing = mesh.sealing('elsewhere')) =>
    mesh.bus.broker.publish(TOPIC, await sealing.seal(TOPIC, events));
  const parked = async () => (await administrator.listParked({ pageSize: 0, pageToken: '' })).parked;
  const redrive = (personId = '') => administrator.redriveParked({ requestId: newRequestId(), personId });

  it('wait, with the same person’s later ones behind them, while others’ flow', async () => {
    const [one, other] = [someone(), someone()];
    await send([eventOf(world.mutation(one))], stranger);
    await send([eventOf(world.mutation(one)), eventOf(world.mutation(other)), eventOf(world.mutation(one))]);
    await reads.count(id, 1);
    expect(reads.mutations(id)).toMatchObject([{ ssin: other.ssin }]);
    const waiting = await parked();
    expect(waiting.map(({ personId, reason, attempts }) => [personId, reason, attempts])).toEqual([
      [one.personId, 'UNREADABLE', 0],
      [one.personId, 'BEHIND_PARKED', 0],
      [one.personId, 'BEHIND_PARKED', 0],
    ]);
    const page = await administrator.listParked({ pageSize: 2, pageToken: '' });
    const next = await administrator.listParked({ pageSize: 2, pageToken: page.nextPageToken });
    expect([...page.parked, ...next.parked]).toEqual(waiting);
  });

  it('stay where they are as long as the key is missing', async () => {
    expect(await redrive()).toEqual({ redriven: 0, stillParked: 1 });
    expect((await parked()).map(({ reason, attempts }) => [reason, attempts])).toEqual([
      ['UNREADABLE', 1],
      ['BEHIND_PARKED', 0],
      ['BEHIND_PARKED', 0],
    ]);
  });

  it('of an unknown data service, or under another’s key, wait too', async () => {
    const [one, other] = [someone(), someone()];
    const later = { ...world.mutation(one, { dataService: 'later.v1' }), type: 'persons.notify.changed' };
    await send([eventOf(later), { ...eventOf(world.mutation(other)), key: one.personId }]);
    await eventually(parked, (all) => all.length === 5);
    expect((await parked()).slice(3).map(({ reason }) => reason)).toEqual(['UNKNOWN_DATA_SERVICE', 'BEHIND_PARKED']);
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
    const outcome = await eventually(
      () => redrive(one.personId),
      ({ redriven }) => redriven > 0,
    );
    expect(outcome).toEqual({ redriven: 1, stillParked: 1 });
    expect((await parked()).at(-1)).toMatchObject({ reason: 'KEY_OF_ANOTHER_PERSON' });
  });

  it('go in their order once they can be read, and a repeated redrive does nothing more', async () => {
    const [one] = people;
    if (!one) throw new Error('nobody');
    // The first of the queue as it should have come: what an operator mends.
    const mended = await mesh.sealing('elsewhere').seal(TOPIC, [eventOf(world.mutation(one, { sourceRevision: 1n }))]);
    const client = new pg.Client({ connectionString: mesh.database.adminUrl });
    await client.connect();
    const [event] = mended;
    await client.query(
      `update parked set data = $2, event_id = $3,
         headers = headers || jsonb_build_object('ce_id', $3::text, 'ce_sealingkeyid', $4::text)
       where place = (select min(place) from parked where key = $1)`,
      [one.personId, Buffer.from(event?.data ?? []), event?.id, event?.sealingKeyId],
    );
    await client.end();
    const request = { requestId: newRequestId(), personId: one.personId };
    const first = await administrator.redriveParked(request);
    expect(first).toEqual({ redriven: 3, stillParked: 0 });
    expect(await administrator.redriveParked(request)).toEqual(first);
    await reads.count(id, 4);
    expect(
      reads
        .mutations(id)
        .slice(1)
        .map(({ ssin, sourceRevision }) => [ssin, sourceRevision]),
    ).toEqual([1n, 2n, 3n].map((revision) => [one.ssin, revision]));
    await send([eventOf(world.mutation(one))]);
    await reads.count(id, 5);
  });

  it('put nothing personal where it may not be: tables, keys, headers, log lines', async () => {
    await fund.subscribe({
      requestId: newRequestId(),
      institution: '',
      inscriptionContext: 'CIN:AFFILIATED',
      dataService: 'person.identification.v1',
      legalContext: 'CIN:INSURABILITY',
      persons: { $case: 'named', value: { ssins: people.map(({ ssin }) => ssin) } },
    });
    await send([eventOf(world.mutation(someone()))]);
    await reads.count(id, 6);
    const secrets = [SURNAME, ...people.map(({ ssin }) => ssin)].flatMap((text) => [
      text,
      Buffer.from(text).toString('hex'),
    ]);
    const everything = [
      running.child.output,
      ...(await dump(mesh.database.adminUrl)),
      ...(await dump(mesh.keys.adminUrl)),
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

/** Every row of every table, as text; base64 is opened. */
const dump = async (url: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ line: string }>(`select t::text as line from ${name} t`);
    for (const { line } of rows) {
      texts.push(line);
      for (const [base64] of line.matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g))
        texts.push(Buffer.from(base64, 'base64').toString('latin1'));
    }
  }
  await client.end();
  return texts;
};
