import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { InscriptionsChanged } from '@crossroads/contracts/directory/v1/events';
import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refusalOf, WHOLE } from './asking.js';
import { nextNumber, testNumber } from './numbers.js';
import { HEALTH_FUND, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const EARLY = testNumber(90_000);
let directory: RunningDirectory;
let asOffice: ReturnType<RunningDirectory['as']>;
let asFund: ReturnType<RunningDirectory['as']>;
let asExchange: ReturnType<RunningDirectory['as']>;

beforeAll(async () => {
  directory = await RunningDirectory.start((registry) => registry.assign(EARLY));
  asOffice = directory.as(WELFARE_OFFICE);
  asFund = directory.as(HEALTH_FUND);
  asExchange = directory.as('exchange');
}, 90_000);
afterAll(async () => {
  for (const connection of [asOffice, asFund, asExchange]) connection.close();
  await directory.close();
}, 30_000);

const date = (text: string) => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return { year, month, day };
};
const period = (start: string, end?: string) => ({ startDate: date(start), endDate: end ? date(end) : undefined });
const inscribe = (ssin: string, overrides: Partial<Parameters<typeof asOffice.inscribe>[0]> = {}, as = asOffice) =>
  as.inscribe({
    requestId: newRequestId(),
    institution: '',
    ssin,
    inscriptionContext: '17/2',
    period: WHOLE,
    ...overrides,
  });
const uninscribe = (ssin: string, endDate?: string, as = asOffice) =>
  as.uninscribe({
    requestId: newRequestId(),
    institution: '',
    ssin,
    inscriptionContext: '17/2',
    endDate: endDate ? date(endDate) : undefined,
  });
const check = (by: { ssin: string } | { personId: string }, day?: string, institutions: string[] = []) =>
  asExchange.check({
    person: { by: 'ssin' in by ? { $case: 'ssin', value: by.ssin } : { $case: 'personId', value: by.personId } },
    institutions,
    date: day ? date(day) : undefined,
  });
const known = (ssin: string, state = NumberState.NUMBER_STATE_VALID) =>
  eventually(
    () => check({ ssin }),
    (answer) => answer.state === state,
  );
/** Somebody new, whom the directory has heard of. */
const somebody = async () => {
  const ssin = nextNumber();
  const personId = await directory.registry.assign(ssin);
  await known(ssin);
  return { ssin, personId };
};
const contextsOf = async (ssin: string, day?: string) =>
  (await check({ ssin }, day)).inscriptions.map(
    ({ institution, inscriptionContext }) => `${institution} ${inscriptionContext}`,
  );

describe('inscriptions', () => {
  it('are seen by a check right after the answer', async () => {
    const { ssin, personId } = await somebody();
    expect((await inscribe(ssin)).changed).toBe(true);
    const answer = await check({ ssin });
    expect(answer).toMatchObject({ state: NumberState.NUMBER_STATE_VALID, personId });
    expect(answer.inscriptions).toEqual([
      { institution: WELFARE_OFFICE, inscriptionContext: '17/2', period: WHOLE, ssin: '' },
    ]);
    expect((await check({ personId })).inscriptions).toEqual(answer.inscriptions);
  });

  it('hold in their period only, and only for the institutions asked', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01', '2020-12-31') });
    await inscribe(ssin, { period: period('2020-06-01'), inscriptionContext: '11/2' }, asFund);
    expect(await contextsOf(ssin, '2019-12-31')).toEqual([]);
    expect(await contextsOf(ssin, '2020-12-31')).toHaveLength(2);
    expect(await contextsOf(ssin, '2021-01-01')).toEqual([`${HEALTH_FUND} 11/2`]);
    expect((await check({ ssin }, '2020-12-31', [WELFARE_OFFICE])).inscriptions).toHaveLength(1);
  });

  it('meet and become one', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01', '2020-06-30') });
    expect((await inscribe(ssin, { period: period('2020-02-01', '2020-03-01') })).changed).toBe(false);
    expect((await inscribe(ssin, { period: period('2020-07-01', '2020-12-31') })).changed).toBe(true);
    const { inscriptions } = await asOffice.listInscriptions({ institution: '', ssin, pageSize: 0, pageToken: '' });
    expect(inscriptions.map((one) => one.period)).toEqual([period('2020-01-01', '2020-12-31')]);
  });

  it('end, by default yesterday, and are taken back when they never were', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01') });
    expect((await uninscribe(ssin, '2021-12-31')).changed).toBe(true);
    expect((await uninscribe(ssin, '2021-12-31')).changed).toBe(false);
    expect(await contextsOf(ssin, '2021-12-31')).toHaveLength(1);
    expect(await contextsOf(ssin, '2022-01-01')).toEqual([]);
    expect((await uninscribe(ssin, '2019-12-31')).changed).toBe(true);
    expect(await contextsOf(ssin, '2021-12-31')).toEqual([]);
    await inscribe(ssin);
    await uninscribe(ssin);
    expect(await contextsOf(ssin)).toEqual([]);
  });

  it('are known by the numbers of their quality, whichever way they were written', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { inscriptionContext: 'PCSA:LIVING_WAGE' });
    expect(await contextsOf(ssin)).toEqual([`${WELFARE_OFFICE} 17/2`]);
  });

  it('answer a repeated request as before, and refuse another under its id', async () => {
    const { ssin } = await somebody();
    const requestId = newRequestId();
    expect((await inscribe(ssin, { requestId })).changed).toBe(true);
    expect((await inscribe(ssin, { requestId })).changed).toBe(true);
    expect(await refusalOf(inscribe(ssin, { requestId, inscriptionContext: '17/5' }))).toBe('REQUEST_ID_REUSED');
    // The same id of another institution is another request.
    expect((await inscribe(ssin, { requestId }, asFund)).changed).toBe(true);
  });

  it('are counted once when many come at the same time', async () => {
    const { ssin } = await somebody();
    const codes = Array.from({ length: 20 }, (_, n) => `40/${n}`);
    const answers = await Promise.all(
      codes.flatMap((inscriptionContext) => [
        inscribe(ssin, { inscriptionContext }),
        inscribe(ssin, { inscriptionContext }, asFund),
      ]),
    );
    expect(answers.filter(({ changed }) => changed)).toHaveLength(40);
    expect(await contextsOf(ssin)).toHaveLength(40);
  });
});

describe('numbers', () => {
  it('of before the first start are known', () => known(EARLY));

  it('are refused with their reason', async () => {
    const { ssin, personId } = await somebody();
    const other = nextNumber();
    expect(await refusalOf(inscribe(other))).toBe('UNKNOWN_SSIN');
    expect((await check({ ssin: other })).state).toBe(NumberState.NUMBER_STATE_UNKNOWN);
    await directory.registry.assign(other, personId);
    await directory.registry.replace(ssin, other, personId);
    await known(ssin, NumberState.NUMBER_STATE_REPLACED);
    expect(await refusalOf(inscribe(ssin))).toBe('REPLACED_SSIN');
    expect((await check({ ssin })).personId).toBe(personId);
    await directory.registry.cancel(other, personId);
    await known(other, NumberState.NUMBER_STATE_CANCELED);
    expect(await refusalOf(inscribe(other))).toBe('CANCELED_SSIN');
  });

  it('of two that became one give the inscriptions of both, and are taken apart again', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await inscribe(first.ssin, { period: period('2020-01-01', '2020-12-31') });
    await inscribe(second.ssin, { period: period('2021-01-01', '2021-12-31') });
    await inscribe(first.ssin, { inscriptionContext: '11/2' }, asFund);

    await directory.registry.replace(first.ssin, second.ssin, second.personId, first.personId);
    await known(first.ssin, NumberState.NUMBER_STATE_REPLACED);
    const answer = await check({ ssin: second.ssin }, '2020-06-01');
    expect(answer).toMatchObject({ personId: second.personId, mergedPersonIds: [first.personId] });
    expect(answer.inscriptions).toContainEqual(
      expect.objectContaining({ institution: WELFARE_OFFICE, period: period('2020-01-01', '2021-12-31') }),
    );
    expect(answer.inscriptions).toHaveLength(2);
    expect((await check({ personId: first.personId }, '2020-06-01')).personId).toBe(second.personId);

    await directory.registry.unreplace(first.ssin, first.personId, second.personId);
    await known(first.ssin);
    expect(await contextsOf(second.ssin, '2020-06-01')).toEqual([]);
    expect(await contextsOf(second.ssin, '2021-06-01')).toEqual([`${WELFARE_OFFICE} 17/2`]);
    expect(await contextsOf(first.ssin, '2020-06-01')).toHaveLength(2);
  });

  it('end under the number that is left what was inscribed under the one that is gone', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await inscribe(first.ssin);
    await directory.registry.replace(first.ssin, second.ssin, second.personId, first.personId);
    await known(first.ssin, NumberState.NUMBER_STATE_REPLACED);
    expect((await uninscribe(second.ssin)).changed).toBe(true);
    expect(await contextsOf(second.ssin)).toEqual([]);
  });

  it('are not troubled by what comes twice, or is of something else', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin);
    await directory.registry.repeat();
    await directory.registry.sayOther();
    await somebody();
    expect(await contextsOf(ssin)).toHaveLength(1);
  });
});

describe('the list', () => {
  it('gives an institution its own, by pages, with their numbers', async () => {
    const people = [await somebody(), await somebody(), await somebody()];
    for (const { ssin } of people)
      for (const inscriptionContext of ['18/1', '18/2']) await inscribe(ssin, { inscriptionContext }, asFund);
    const all: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await asFund.listInscriptions({ institution: '', ssin: '', pageSize: 3, pageToken });
      expect(page.inscriptions.length).toBeLessThanOrEqual(3);
      all.push(
        ...page.inscriptions.map(
          ({ institution, inscriptionContext, ssin }) => `${institution} ${inscriptionContext} ${ssin}`,
        ),
      );
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
    for (const { ssin } of people)
      expect(all.filter((one) => one.endsWith(ssin))).toEqual([
        `${HEALTH_FUND} 18/1 ${ssin}`,
        `${HEALTH_FUND} 18/2 ${ssin}`,
      ]);
    expect(all.every((one) => one.startsWith(HEALTH_FUND))).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('many at once', () => {
  it('are answered in the order asked', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await inscribe(second.ssin);
    const { results } = await asExchange.batchCheck({
      persons: [
        { by: { $case: 'ssin', value: nextNumber() } },
        { by: { $case: 'personId', value: second.personId } },
        { by: { $case: 'ssin', value: first.ssin } },
      ],
      institutions: [],
      date: undefined,
    });
    expect(results.map(({ personId }) => personId)).toEqual(['', second.personId, first.personId]);
    expect(results.map(({ inscriptions }) => inscriptions.length)).toEqual([0, 1, 0]);
  });
});

describe('what is published', () => {
  it('names persons by id, with the periods as they are afterwards, on the topic and by Events/Read', async () => {
    const { ssin, personId } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01', '2020-06-30') });
    await inscribe(ssin, { period: period('2020-07-01') });
    await uninscribe(ssin, '2019-12-31');
    const asSubscription = directory.eventsAs('subscription');
    const events: { readonly id: string; readonly data: Buffer }[] = [];
    for await (const { event } of asSubscription.read({ topic: 'crossroads.directory.v1', afterCursor: '' }))
      if (event?.key === personId) events.push(event);
    asSubscription.close();
    const periods = events.flatMap(({ data }) =>
      InscriptionsChanged.decode(data).changes.map((change) => change.period),
    );
    expect(periods).toEqual([
      period('2020-01-01', '2020-06-30'),
      period('2020-01-01'),
      period('2020-01-01', '2019-12-31'),
    ]);

    const received: string[] = [];
    const consumption = await directory.broker.consume({
      topic: 'crossroads.directory.v1',
      onBatch: async (batch) => void received.push(...batch.map(({ id }) => id)),
    });
    await eventually(() => events.every(({ id }) => received.includes(id)), Boolean);
    await consumption.close();
  });
});
