import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { ErasureReason } from '@crossroads/contracts/person/v1/erasure_service';
import { PersonErasureOrdered } from '@crossroads/contracts/person/v1/events';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type TestPublisher } from '@crossroads/testing/mesh';
import { PERSON_TOPIC } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inscribed, someone } from './accesses.js';
import { type AuditClient, PORTAL, WELFARE, World } from './world.js';

const PERIOD = { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined };
const INSCRIPTION = { context: '17/2', period: PERIOD };

describe('an inscription', () => {
  let mesh: TestMesh;
  let world: World;
  let registry: TestPublisher;
  let running: ServiceProcess;
  let portal: AuditClient;
  let counter = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    registry = await mesh.publisher('person-registry', PERSON_TOPIC);
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const citizen = () => {
    const person = someone(++counter);
    world.directory.put(person);
    return person;
  };
  const list = async ({ ssin }: { readonly ssin: string }) => {
    const request = { pageSize: 0, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };
    const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
    return (await portal.listAccesses(request, { metadata })).accesses;
  };
  const listUntil = (person: { readonly ssin: string }, count: number) =>
    eventually(
      () => list(person),
      ({ length }) => length >= count,
    );

  it('is a line of the person: which institution and software, context, period and time', async () => {
    const [person, other] = [citizen(), citizen()];
    const before = Math.floor(Date.now() / 1_000) * 1_000;
    await world.inscriptions.append(inscribed([person], { inscription: INSCRIPTION, ticket: 'a request' }));
    const [line, ...others] = await listUntil(person, 1);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      kind: AccessKind.ACCESS_KIND_INSCRIPTION,
      customer: WELFARE,
      peer: WELFARE,
      application: 'desk',
      ticket: 'a request',
      inscription: INSCRIPTION,
      result: AccessResult.ACCESS_RESULT_ANSWERED,
      concluded: true,
      services: [],
      officialRole: '',
      erased: false,
    });
    expect(line?.time?.getTime()).toBeGreaterThanOrEqual(before);
    expect(await list(other)).toEqual([]);
  });

  it('of many persons at once is a line of each, and only their own', async () => {
    const persons = Array.from({ length: 30 }, citizen);
    await world.inscriptions.append(inscribed(persons, { inscription: INSCRIPTION }));
    const ids = new Set<string>();
    for (const person of persons) {
      const [line, ...others] = await listUntil(person, 1);
      expect(others).toEqual([]);
      if (line) ids.add(line.journalId);
    }
    expect(ids.size).toBe(persons.length);
  });

  it('that is published again is no second line', async () => {
    const [person, last] = [citizen(), citizen()];
    await world.inscriptions.append(inscribed([person, person], { inscription: INSCRIPTION }));
    await listUntil(person, 2);
    await world.inscriptions.replay();
    await world.inscriptions.append({
      ...inscribed([last], { inscription: INSCRIPTION }),
      routingKey: person.personId,
    });
    await listUntil(last, 1);
    expect(await list(person)).toHaveLength(2);
  });

  it('that ended is a line of its own', async () => {
    const person = citizen();
    const ended = { context: '17/2', period: { startDate: undefined, endDate: { year: 2026, month: 2, day: 1 } } };
    await world.inscriptions.append(inscribed([person], { inscription: ended, ended: true }));
    expect(await listUntil(person, 1)).toMatchObject([
      { kind: AccessKind.ACCESS_KIND_INSCRIPTION_END, inscription: ended },
    ]);
  });

  it('of nobody, or under the key of another journal, is parked and shown to nobody', async () => {
    const [person, last] = [citizen(), citizen()];
    const bad = [
      inscribed([person, { ssin: person.ssin, personId: '' }], { inscription: INSCRIPTION }),
      { ...inscribed([person], { inscription: INSCRIPTION }), key: 'another' },
    ];
    for (const one of bad) await world.inscriptions.append({ ...one, routingKey: person.personId });
    await world.inscriptions.append({
      ...inscribed([last], { inscription: INSCRIPTION }),
      routingKey: person.personId,
    });
    await listUntil(last, 1);
    expect(await list(person)).toEqual([]);
  });

  it('of a person who is erased keeps its place, without what it said', async () => {
    const person = citizen();
    await world.inscriptions.append(inscribed([person], { inscription: INSCRIPTION }));
    await listUntil(person, 1);
    const data = PersonErasureOrdered.encode({
      personId: person.personId,
      reason: ErasureReason.ERASURE_REASON_UNLAWFUL,
      orderedTime: new Date(),
    }).finish();
    const { personId: key } = person;
    await registry.append({ type: 'persons.notify.erasure_ordered', streamId: key, revision: 1n, key, data });
    await eventually(
      () => list(person),
      (lines) => lines.every(({ erased }) => erased),
    );
    // What the directory publishes later finds no key any more.
    await world.inscriptions.append(inscribed([{ ...person, ssin: '' }], { inscription: INSCRIPTION }));
    const lines = await listUntil(person, 2);
    expect(lines).toHaveLength(2);
    expect(lines.every(({ erased, inscription, customer }) => erased && !inscription && customer === '')).toBe(true);
  });

  it('stands in the list after the list was rebuilt', async () => {
    const person = citizen();
    await world.inscriptions.append(inscribed([person], { inscription: INSCRIPTION }));
    const before = await listUntil(person, 1);
    expect(await running.run(['rebuild', 'accesses'])).toMatchObject({
      code: 0,
      output: expect.stringContaining(' 0 rows differed'),
    });
    expect(await list(person)).toEqual(before);
  }, 60_000);
});
