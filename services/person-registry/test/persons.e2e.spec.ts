import { allPublished } from '@crossroads/testing/mesh';
import { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import type { Fact } from '@crossroads/contracts/person/v1/person';
import { type SupplyResponse, SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { type CloudEvent, TopicSealing } from '@crossroads/messaging';
import { FileKeyProvider, TopicSealer } from '@crossroads/privacy';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  born,
  civilStatus,
  date,
  died,
  livesIn,
  named,
  nationality,
  nextNumber,
  related,
  streetIn,
  testNumber,
} from './persons.js';
import { MUNICIPALITY, NATIONAL_REGISTER, RunningRegistry, WELFARE_OFFICE } from './running-registry.js';

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;
let asMunicipality: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  asRegister = registry.as(NATIONAL_REGISTER);
  asMunicipality = registry.as(MUNICIPALITY);
}, 90_000);
afterAll(() => registry.close(), 30_000);

const register = async (...facts: Fact[]) => {
  const ssin = nextNumber();
  await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Peeters'), ...facts] });
  return ssin;
};
const change = (ssin: string, ...facts: Fact[]) =>
  asRegister.changePerson({ requestId: newRequestId(), ssin, facts, expectedSourceRevision: 0n });
const replace = (ssin: string, replacingSsin: string) => registry.replace(ssin, replacingSsin);
const unreplace = (ssin: string) => registry.unreplace(ssin);
const cancel = (ssin: string) => registry.cancel(ssin);
const get = (ssin: string, asOf?: string) => registry.supplied(ssin, asOf === undefined ? undefined : date(asOf));
const streetOf = ({ data }: SupplyResponse) => streetIn(data);
const familyName = ({ data }: SupplyResponse) =>
  (data?.['name'] as { readonly familyNames?: readonly string[] } | undefined)?.familyNames?.[0];
const reasonOf = async (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    (error: unknown) => (error instanceof RemoteError ? error.reason : String(error)),
  );

describe('a person', () => {
  it('is registered, changed and supplied, as of a day', async () => {
    const ssin = await register(born('1985-07-30'), livesIn('Bondgenotenlaan', '2010-05-01'));
    const { sourceRevision } = await change(ssin, livesIn('Naamsestraat', '2020-01-01'));
    expect(sourceRevision).toBe(2n);

    expect(streetOf(await get(ssin))).toBe('Naamsestraat');
    expect(streetOf(await get(ssin, '2015-06-01'))).toBe('Bondgenotenlaan');
    expect(streetOf(await get(ssin, '2009-06-01'))).toBeUndefined();
    expect(streetOf(await get(ssin, '2019-12-31'))).toBe('Bondgenotenlaan');
    expect(streetOf(await get(ssin, '2020-01-01'))).toBe('Naamsestraat');
  });

  it('does not change when told what is known', async () => {
    const ssin = await register(livesIn('Bondgenotenlaan', '2010-05-01'));
    expect(await change(ssin, livesIn('Bondgenotenlaan', '2010-05-01'))).toEqual({ sourceRevision: 1n });
  });

  it('gets each field group from those who report it', async () => {
    const ssin = await register();
    const moved = {
      requestId: newRequestId(),
      ssin,
      facts: [livesIn('Tiensestraat', '2024-02-01')],
      expectedSourceRevision: 1n,
    };
    expect(await asMunicipality.changePerson(moved)).toEqual({ sourceRevision: 2n });
    const renamed = { ...moved, requestId: newRequestId(), facts: [named('Maes')] };
    expect(await reasonOf(asMunicipality.changePerson(renamed))).toBe('FIELD_GROUP_NOT_REPORTED');
    expect(await reasonOf(asMunicipality.proposeCancellation({ requestId: newRequestId(), ssin }))).toBe(
      'FIELD_GROUP_NOT_REPORTED',
    );
    const byOutsider = registry.as(WELFARE_OFFICE).changePerson({ ...moved, requestId: newRequestId() });
    expect(await reasonOf(byOutsider)).toBe('NOT_A_REPORTER');
  });

  it('is changed against an expected revision only when it is the current one', async () => {
    const ssin = await register();
    const stale = { requestId: newRequestId(), ssin, facts: [livesIn('Tiensestraat')], expectedSourceRevision: 7n };
    expect(await reasonOf(asRegister.changePerson(stale))).toBe('SOURCE_REVISION_CHANGED');
  });

  it('cannot die before being born', async () => {
    const ssin = await register(born('1985-07-30'));
    expect(await reasonOf(change(ssin, died('1985-07-29')))).toBe('DEATH_BEFORE_BIRTH');
    expect(await change(ssin, died('1985-07-00'))).toEqual({ sourceRevision: 2n });
  });

  it('gets the same answer to the same request, and none to another under its id', async () => {
    const request = { requestId: newRequestId(), ssin: nextNumber(), facts: [named('Janssens')] };
    const [first, second] = await Promise.all([asRegister.registerPerson(request), asRegister.registerPerson(request)]);
    expect(second).toEqual(first);
    const other = { ...request, facts: [named('Claes')] };
    expect(await reasonOf(asRegister.registerPerson(other))).toBe('REQUEST_ID_REUSED');
  });

  it('takes concurrent changes one after the other', async () => {
    const ssin = await register();
    const changes = Array.from({ length: 5 }, (_, n) => change(ssin, nationality(`10${n}`, '2001-01-01')));
    const revisions = (await Promise.all(changes)).map(({ sourceRevision }) => sourceRevision);
    expect(new Set(revisions)).toEqual(new Set([2n, 3n, 4n, 5n, 6n]));
  });
});

describe('a number', () => {
  it('that nobody had is one more of the same person', async () => {
    const [bis, number] = [await register(livesIn('Oude Markt', '2001-01-01')), nextNumber()];
    expect(await replace(bis, number)).toEqual({ sourceRevision: 1n });
    const person = await get(number);
    expect(person).toMatchObject({ ssin: number, status: SupplyStatus.SUPPLY_STATUS_DATA_FOUND });
    expect(await get(bis)).toEqual({ ...person, ssin: bis });
    expect(await reasonOf(change(bis, livesIn('Elders')))).toBe('SSIN_REPLACED');
    expect(await change(number, livesIn('Parkstraat', '2022-01-01'))).toEqual({ sourceRevision: 2n });
    expect(await unreplace(bis)).toEqual({ sourceRevision: 2n });
    expect(streetOf(await get(bis))).toBe('Parkstraat');
    expect((await get(number)).status).toBe(SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND);
  });

  it('makes one of two persons, and two of them again', async () => {
    const [a, b] = [await register(), nextNumber()];
    await asRegister.registerPerson({ requestId: newRequestId(), ssin: b, facts: [named('Wouters')] });
    expect(await reasonOf(replace(a, b))).toBe('TWO_PERSONS');
    await registry.merge(a, b);
    expect(familyName(await get(a))).toBe('Wouters');
    expect(await reasonOf(replace(a, b))).toBe('ALREADY_REPLACED');
    expect(await unreplace(a)).toEqual({ sourceRevision: 1n });
    expect(familyName(await get(a))).toBe('Peeters');
    expect(familyName(await get(b))).toBe('Wouters');
    expect(await reasonOf(unreplace(a))).toBe('NOT_REPLACED');
  });

  it('is refused for what it is', async () => {
    const ssin = await register();
    const again = { requestId: newRequestId(), ssin, facts: [named('Peeters')] };
    expect(await reasonOf(asRegister.registerPerson(again))).toBe('SSIN_ALREADY_REGISTERED');
    expect(await reasonOf(replace(ssin, ssin))).toBe('REPLACES_ITSELF');
    expect(await reasonOf(replace(nextNumber(), ssin))).toBe('UNKNOWN_SSIN');
    await cancel(ssin);
    expect((await get(ssin)).status).toBe(SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND);
    expect(await reasonOf(cancel(ssin))).toBe('SSIN_CANCELED');
    expect(await reasonOf(change(ssin, livesIn('Elders')))).toBe('SSIN_CANCELED');
    expect(await reasonOf(replace(ssin, nextNumber()))).toBe('SSIN_CANCELED');
    expect(await reasonOf(replace(await register(), ssin))).toBe('SSIN_CANCELED');
  });

  it('is registered once, whoever is first', async () => {
    const ssin = nextNumber();
    const attempts = Array.from({ length: 4 }, () =>
      reasonOf(asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Jacobs')] })),
    );
    expect((await Promise.all(attempts)).sort()).toEqual([
      'SSIN_ALREADY_REGISTERED',
      'SSIN_ALREADY_REGISTERED',
      'SSIN_ALREADY_REGISTERED',
      'accepted',
    ]);
  });
});

describe('what is published', () => {
  const everything = async (afterSerial = 0n) => {
    const published = await allPublished(registry.eventsAs('reference-directory'), 'crossroads.person.v1');
    return published.filter(({ serial }) => serial > afterSerial);
  };

  it('tells of numbers by blind index and of changes with whole field groups', async () => {
    const start = (await everything()).at(-1)?.serial;
    const partner = testNumber(1984, 2, 3, 777);
    const ssin = await register(
      born('1985-07-00'),
      civilStatus('20', '2011-06-18', partner),
      related('CHILD', partner),
    );
    await change(ssin, livesIn('Naamsestraat', '2020-01-01'), nationality('150'));
    const other = nextNumber();
    await replace(ssin, other);

    const told = await eventually(
      () => everything(start),
      ({ length }) => length >= 5,
    );
    const published = told.slice(-5);
    const bodies = published.map(({ event }) =>
      event?.type.endsWith('persons.notify.changed')
        ? Mutation.decode(event.data)
        : NumberChanged.decode(event?.data ?? Buffer.alloc(0)),
    );
    const personId = bodies[0]?.personId;
    expect(published.map(({ event }) => event?.key)).toEqual(Array(5).fill(personId));
    expect(published.map(({ event }) => event?.type)).toEqual([
      'crossroads.person.v1.numbers.notify.assigned',
      'crossroads.person.v1.persons.notify.changed',
      'crossroads.person.v1.persons.notify.changed',
      'crossroads.person.v1.numbers.notify.assigned',
      'crossroads.person.v1.numbers.notify.replaced',
    ]);
    expect(bodies[1]).toMatchObject({
      ssin,
      dataService: 'person.identification.v1',
      sourceRevision: 1n,
      changedFieldGroups: ['name', 'birth', 'civilStatus', 'family'],
      data: {
        name: { familyNames: ['Peeters'], givenNames: ['Marie'] },
        birth: { date: '1985-07-00' },
        civilStatus: { code: '20', since: '2011-06-18', partnerSsin: partner },
        family: { relations: [{ code: 'CHILD', ssin: partner }] },
      },
      reporter: NATIONAL_REGISTER,
    });
    expect(bodies[2]).toMatchObject({
      sourceRevision: 2n,
      changedFieldGroups: ['address', 'municipality', 'nationality'],
      data: { address: { street: 'Naamsestraat', since: '2020-01-01' }, nationalities: [{ code: '150' }] },
      effectiveDate: date('2020-01-01'),
    });
    const [assigned, , , second, replaced] = bodies;
    expect(replaced).toMatchObject({ change: NumberChange.NUMBER_CHANGE_REPLACED, personId, previousPersonId: '' });
    if (
      !assigned ||
      !second ||
      !replaced ||
      !('ssinIndex' in assigned && 'ssinIndex' in second && 'ssinIndex' in replaced)
    )
      throw new Error('not what it should be');
    expect(replaced.ssinIndex).toBe(assigned.ssinIndex);
    expect(replaced.replacedByIndex).toBe(second.ssinIndex);
  });

  it('comes sealed on the topic, with the same bytes', async () => {
    const expected = await everything();
    const broker = await registry.openBroker();
    const received: CloudEvent[] = [];
    const consumption = await broker.consume({
      topic: 'crossroads.person.v1',
      onBatch: async (events) => void received.push(...events.filter(({ place }) => place !== undefined)),
    });
    await eventually(
      () => received.length,
      (length) => length >= expected.length,
    );
    await consumption.close();
    await broker.close();
    const sealing = new TopicSealing(
      new TopicSealer({ keys: new FileKeyProvider(registry.keyFile), producer: 'test' }),
    );
    expect(received.every(({ sealingKeyId }) => sealingKeyId !== undefined)).toBe(true);
    const opened = await Promise.all(received.map((event) => sealing.open('crossroads.person.v1', event)));
    const bodies = (events: readonly { readonly data: Uint8Array }[]) =>
      events.map(({ data }) => Buffer.from(data).toString('base64')).toSorted();
    expect(bodies(opened)).toEqual(bodies(expected.map(({ event }) => event)));
  });

  it('is for services of the mesh only', async () => {
    const reader = registry.eventsAs(NATIONAL_REGISTER);
    const read = allPublished(reader, 'crossroads.person.v1');
    expect(await reasonOf(read)).toBe('CALLER_NOT_ALLOWED');
  });
});
