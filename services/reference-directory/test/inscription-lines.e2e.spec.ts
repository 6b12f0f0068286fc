import { type InscribedPerson, PersonsInscribed } from '@crossroads/contracts/access/v1/events';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { type Database, openDatabase } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { allPublished } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextNumber } from './numbers.js';
import { fileLine, sendFile, WHOLE } from './requests.js';
import {
  type Directory,
  HEALTH_FUND,
  INTEGRATOR,
  NEWCOMER,
  RunningDirectory,
  WELFARE_OFFICE,
} from './running-directory.js';

const TOPIC = 'crossroads.access.directory.v1';
const FROM_2020 = { startDate: { year: 2020, month: 1, day: 1 }, endDate: undefined };

type Line = Omit<PersonsInscribed, 'persons'> & InscribedPerson & { readonly time: Date | undefined };

describe('an inscription', () => {
  let directory: RunningDirectory;
  let asOffice: Directory;
  let asIntegrator: Directory;
  let asExchange: Directory;
  let db: Database;

  beforeAll(async () => {
    directory = await RunningDirectory.start();
    asOffice = directory.as(WELFARE_OFFICE);
    asIntegrator = directory.as(INTEGRATOR);
    asExchange = directory.as('exchange');
    db = await openDatabase({ url: directory.mesh.database.adminUrl, poolSize: 1 });
  }, 90_000);
  afterAll(async () => {
    for (const connection of [asOffice, asIntegrator, asExchange]) connection.close();
    await db.close();
    await directory.close();
  }, 30_000);

  const somebody = async () => {
    const ssin = nextNumber();
    const personId = await directory.registry.assign(ssin);
    await eventually(
      () => check(ssin),
      ({ state }) => state === NumberState.NUMBER_STATE_VALID,
    );
    return { ssin, personId };
  };
  const check = (ssin: string) =>
    asExchange.check({ person: { by: { $case: 'ssin', value: ssin } }, institutions: [], date: undefined });
  const inscribe = (
    ssin: string,
    more: Partial<Parameters<typeof asOffice.inscribe>[0]> = {},
    as: Directory = asOffice,
  ) =>
    as.inscribe({
      requestId: newRequestId(),
      institution: '',
      ssin,
      inscriptionContext: '17/2',
      period: WHOLE,
      ...more,
    });
  /** What access-audit reads of a person. */
  const linesOf = async ({ personId }: { readonly personId: string }): Promise<Line[]> => {
    const events = directory.mesh.connect(
      EventsServiceService,
      directory.process.port,
      directory.certificate('access-audit'),
    );
    const published = await allPublished(events, TOPIC);
    events.close();
    return published
      .flatMap(({ event: { data, time } }) => {
        const { persons, ...stated } = PersonsInscribed.decode(data);
        return persons.map((person) => ({ ...stated, ...person, time }));
      })
      .filter((line) => line.personId === personId);
  };
  const linesUntil = (person: { readonly personId: string }, count: number) =>
    eventually(
      () => linesOf(person),
      ({ length }) => length >= count,
    );

  it('is recorded for its person: who, by which software, in which context and period, when', async () => {
    const person = await somebody();
    const [requestId, before] = [newRequestId(), Date.now()];
    await inscribe(person.ssin, { requestId, period: FROM_2020 });
    const [line, ...others] = await linesUntil(person, 1);
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      ...person,
      customer: WELFARE_OFFICE,
      peer: WELFARE_OFFICE,
      application: 'desk',
      ticket: requestId,
      ended: false,
      inscription: { context: '17/2', period: FROM_2020 },
    });
    expect(line?.policyRevision).toBeGreaterThan(0n);
    expect(line?.time?.getTime()).toBeGreaterThanOrEqual(before - 1_000);
  });

  it('by an integrator is recorded with both', async () => {
    const person = await somebody();
    await inscribe(person.ssin, { institution: WELFARE_OFFICE }, asIntegrator);
    expect(await linesUntil(person, 1)).toMatchObject([{ customer: WELFARE_OFFICE, peer: INTEGRATOR }]);
  });

  it('that is repeated, or changes nothing, is recorded once', async () => {
    const person = await somebody();
    const requestId = newRequestId();
    await inscribe(person.ssin, { requestId });
    await inscribe(person.ssin, { requestId });
    expect((await inscribe(person.ssin)).changed).toBe(false);
    await inscribe(person.ssin, { inscriptionContext: '17/5' });
    const lines = await linesUntil(person, 2);
    expect(lines.map(({ inscription }) => inscription?.context)).toEqual(['17/2', '17/5']);
  });

  it('that is refused is not recorded', async () => {
    const person = await somebody();
    const asNewcomer = directory.as(NEWCOMER);
    for (const refused of [
      inscribe(person.ssin, { inscriptionContext: '99/1' }),
      inscribe(person.ssin, { period: FROM_2020 }, asNewcomer),
      inscribe(person.ssin, { institution: HEALTH_FUND }, asIntegrator),
    ])
      expect(await refusalOf(refused)).toMatchObject({ code: status.PERMISSION_DENIED });
    asNewcomer.close();
    await inscribe(person.ssin);
    expect(await linesUntil(person, 1)).toHaveLength(1);
  });

  it('that ends is recorded, and not when there was none', async () => {
    const person = await somebody();
    const endDate = { year: 2021, month: 12, day: 31 };
    const end = () =>
      asOffice.uninscribe({
        requestId: newRequestId(),
        institution: '',
        ssin: person.ssin,
        inscriptionContext: '17/2',
        endDate,
      });
    expect((await end()).changed).toBe(false);
    await inscribe(person.ssin, { period: FROM_2020 });
    expect((await end()).changed).toBe(true);
    expect(await linesUntil(person, 2)).toMatchObject([
      { ended: false },
      { ...person, ended: true, inscription: { context: '17/2', period: { startDate: undefined, endDate } } },
    ]);
  });

  it('of a file is recorded line by line, without those that were refused, in few events', async () => {
    const persons = await Promise.all(Array.from({ length: 40 }, somebody));
    const unknown = nextNumber();
    const requestId = newRequestId();
    const chunk = [...persons.map(({ ssin }) => fileLine(ssin)), fileLine(unknown)];
    await sendFile(asOffice, [chunk], { requestId });
    await sendFile(asOffice, [chunk], { requestId });
    for (const person of persons) expect(await linesUntil(person, 1)).toMatchObject([{ ...person, ticket: requestId }]);
    const [row] = await db.query<{ count: number }>(
      `select count(*)::int from es.events where type = 'PersonsInscribed' and data ->> 'ticket' = $1`,
      [requestId],
    );
    expect(row?.count).toBeLessThanOrEqual(16);
  });

  it('under the number of a merged person is told to whose number it is', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await directory.registry.contest(second.personId, first.personId);
    await eventually(
      () => check(second.ssin),
      ({ personId }) => personId === first.personId,
    );
    await inscribe(second.ssin);
    expect(await linesUntil(second, 1)).toMatchObject([second]);
    expect(await linesOf(first)).toEqual([]);
  });

  it('is kept for the access log without its number when the person is erased', async () => {
    const person = await somebody();
    await inscribe(person.ssin);
    await db.query(
      'update inscriptions i set ssin = null from persons p where p.person = i.person and p.person_id = $1',
      [person.personId],
    );
    expect(await linesUntil(person, 1)).toMatchObject([{ personId: person.personId, ssin: '' }]);
  });
});
