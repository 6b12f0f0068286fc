import { DirectoryServiceService, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId } from '@crossroads/grpc';
import { addDays, dayOf } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import { PlainCaller } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextNumber, testNumber } from './numbers.js';
import { fileLine, refusalOf, sendFile, WHOLE } from './requests.js';
import {
  type Directory,
  HEALTH_FUND,
  INTEGRATOR,
  LIMITED,
  NEWCOMER,
  RunningDirectory,
  WELFARE_OFFICE,
} from './running-directory.js';

const EARLY = testNumber(90_000);
let directory: RunningDirectory;
let asOffice: Directory;
let asFund: Directory;
let asExchange: Directory;

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
/** A new person whom the directory knows. */
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
  it('a check right after the answer sees the inscription', async () => {
    const { ssin, personId } = await somebody();
    expect((await inscribe(ssin)).changed).toBe(true);
    const answer = await check({ ssin });
    expect(answer).toMatchObject({ state: NumberState.NUMBER_STATE_VALID, personId });
    expect(answer.inscriptions).toEqual([
      { institution: WELFARE_OFFICE, inscriptionContext: '17/2', period: WHOLE, ssin: '' },
    ]);
    expect((await check({ personId })).inscriptions).toEqual(answer.inscriptions);
  });

  it('a check gives the inscriptions of the day and of the institutions asked for', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01', '2020-12-31') });
    await inscribe(ssin, { period: period('2020-06-01'), inscriptionContext: '11/2' }, asFund);
    expect(await contextsOf(ssin, '2019-12-31')).toEqual([]);
    expect(await contextsOf(ssin, '2020-12-31')).toHaveLength(2);
    expect(await contextsOf(ssin, '2021-01-01')).toEqual([`${HEALTH_FUND} 11/2`]);
    expect((await check({ ssin }, '2020-12-31', [WELFARE_OFFICE])).inscriptions).toHaveLength(1);
  });

  it('periods that touch are merged', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { period: period('2020-01-01', '2020-06-30') });
    expect((await inscribe(ssin, { period: period('2020-02-01', '2020-03-01') })).changed).toBe(false);
    expect((await inscribe(ssin, { period: period('2020-07-01', '2020-12-31') })).changed).toBe(true);
    const { inscriptions } = await asOffice.listInscriptions({ institution: '', ssin, pageSize: 0, pageToken: '' });
    expect(inscriptions.map((one) => one.period)).toEqual([period('2020-01-01', '2020-12-31')]);
  });

  it('uninscribing ends an inscription, by default yesterday, and removes one that starts later', async () => {
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

  it('an inscription context given as text is stored as its code', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { inscriptionContext: 'PCSA:LIVING_WAGE' });
    expect(await contextsOf(ssin)).toEqual([`${WELFARE_OFFICE} 17/2`]);
  });

  it('a repeated request gets the same answer, and another one under its id is refused', async () => {
    const { ssin } = await somebody();
    const requestId = newRequestId();
    expect((await inscribe(ssin, { requestId })).changed).toBe(true);
    expect((await inscribe(ssin, { requestId })).changed).toBe(true);
    expect(await refusalOf(inscribe(ssin, { requestId, inscriptionContext: '17/5' }))).toBe('REQUEST_ID_REUSED');
    // The same id of another institution is another request.
    expect((await inscribe(ssin, { requestId }, asFund)).changed).toBe(true);
  });

  it('concurrent inscriptions of one person are all stored', async () => {
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

describe('a grant of the committee', () => {
  it('says in which contexts an institution inscribes, whoever asks for it and whatever the number', async () => {
    const { ssin } = await somebody();
    for (const number of [ssin, nextNumber()])
      expect(await refusalOf(inscribe(number, { inscriptionContext: '99/1' }))).toBe('INSCRIPTION_CONTEXT_NOT_GRANTED');
    const asIntegrator = directory.as(INTEGRATOR);
    const forOffice = { institution: WELFARE_OFFICE, inscriptionContext: '99/1' };
    expect(await refusalOf(inscribe(ssin, forOffice, asIntegrator))).toBe('INSCRIPTION_CONTEXT_NOT_GRANTED');
    const [progress] = await sendFile(asOffice, [
      [fileLine(ssin, '99/1'), fileLine(ssin), fileLine(nextNumber(), '99/1')],
    ]);
    expect(progress).toMatchObject({ changed: 1n, unchanged: 0n });
    expect(progress?.refused.map(({ line, reason }) => [line, reason])).toEqual([
      [1n, 'INSCRIPTION_CONTEXT_NOT_GRANTED'],
      [3n, 'INSCRIPTION_CONTEXT_NOT_GRANTED'],
    ]);
    asIntegrator.close();
  });

  it('lets an inscription start 30 days ago, and earlier only if it says so', async () => {
    const { ssin } = await somebody();
    const asNewcomer = directory.as(NEWCOMER);
    const back = (days: number) => period(addDays(dayOf(new Date()), -days));
    expect(await refusalOf(inscribe(ssin, { period: WHOLE }, asNewcomer))).toBe('START_TOO_EARLY');
    expect(await refusalOf(inscribe(ssin, { period: back(32) }, asNewcomer))).toBe('START_TOO_EARLY');
    expect((await inscribe(ssin, { period: back(29) }, asNewcomer)).changed).toBe(true);
    expect((await inscribe(ssin, { period: back(32) })).changed).toBe(true);
    asNewcomer.close();
  });

  it('ends at once, and what was inscribed stays', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin, { inscriptionContext: '11/2' }, asFund);
    const grant = (inscriptionContexts: string[]) =>
      directory.mesh.policy.put({
        $case: 'inscriptionGrant',
        value: { enterpriseNumber: INTEGRATOR, inscriptionContexts, earlierStarts: true, dailyPersons: undefined },
      });
    const asIntegrator = directory.as(INTEGRATOR);
    const attempt = () => refusalOf(inscribe(ssin, {}, asIntegrator));
    grant(['17/2']);
    await eventually(attempt, (answer) => answer === 'accepted');
    grant([]);
    await eventually(attempt, (answer) => answer === 'INSCRIPTION_CONTEXT_NOT_GRANTED');
    expect(await contextsOf(ssin)).toContain(`${INTEGRATOR} 17/2`);
    expect((await uninscribe(ssin, undefined, asIntegrator)).changed).toBe(true);
    asIntegrator.close();
  });
});

describe('the quota of a day', () => {
  it('counts new persons whom an institution inscribes, and numbers that were not usable, each once', async () => {
    const asLimited = directory.as(LIMITED);
    const people = [await somebody(), await somebody(), await somebody()].map(({ ssin }) => ssin);
    const [one = '', two = '', three = ''] = people;
    expect((await inscribe(one, {}, asLimited)).changed).toBe(true);
    expect((await inscribe(one, { inscriptionContext: '17/5' }, asLimited)).changed).toBe(true);
    const strangers = [nextNumber(), nextNumber(), nextNumber()];
    const lines = [two, three, ...strangers, strangers[0] ?? ''].map((ssin) => fileLine(ssin));
    const [progress] = await sendFile(asLimited, [lines]);
    expect(progress).toMatchObject({ changed: 1n, unchanged: 0n });
    expect(progress?.refused.map(({ line, reason }) => [line, reason])).toEqual([
      [2n, 'QUOTA_EXHAUSTED'],
      [3n, 'NUMBER_NOT_USABLE'],
      [4n, 'NUMBER_NOT_USABLE'],
      [5n, 'QUOTA_EXHAUSTED'],
      [6n, 'NUMBER_NOT_USABLE'],
    ]);
    expect(await refusalOf(inscribe(three, {}, asLimited))).toBe('QUOTA_EXHAUSTED');
    const list = (ssin: string) => asLimited.listInscriptions({ institution: '', ssin, pageSize: 0, pageToken: '' });
    expect(await refusalOf(list(three))).toBe('QUOTA_EXHAUSTED');
    expect((await list(two)).inscriptions).toHaveLength(1);
    asLimited.close();
  });
});

describe('numbers', () => {
  it('numbers assigned before the first start are known', () => known(EARLY));

  it('replaced and cancelled numbers are refused with their reason to who has an inscription on them', async () => {
    const { ssin, personId } = await somebody();
    await inscribe(ssin);
    const other = nextNumber();
    expect((await check({ ssin: other })).state).toBe(NumberState.NUMBER_STATE_UNKNOWN);
    await directory.registry.assign(other, personId);
    await directory.registry.replace(ssin, other, personId);
    await known(ssin, NumberState.NUMBER_STATE_REPLACED);
    expect(await refusalOf(inscribe(ssin))).toBe('REPLACED_SSIN');
    expect((await check({ ssin })).personId).toBe(personId);
    await directory.registry.cancel(other, personId);
    await known(other, NumberState.NUMBER_STATE_CANCELED);
    expect(await refusalOf(inscribe(other))).toBe('CANCELED_SSIN');
    expect(await refusalOf(uninscribe(other))).toBe('CANCELED_SSIN');
  });

  it('unknown, replaced and cancelled numbers are refused with the same bytes to who has no inscription on them', async () => {
    const [replaced, cancelled, stranger] = [await somebody(), await somebody(), await somebody()];
    const successor = nextNumber();
    await directory.registry.assign(successor, replaced.personId);
    await directory.registry.replace(replaced.ssin, successor, replaced.personId);
    await directory.registry.cancel(cancelled.ssin, cancelled.personId);
    await inscribe(stranger.ssin, {}, asFund);
    await known(replaced.ssin, NumberState.NUMBER_STATE_REPLACED);
    await known(cancelled.ssin, NumberState.NUMBER_STATE_CANCELED);
    const unusable = [nextNumber(), replaced.ssin, cancelled.ssin];
    const caller = new PlainCaller(directory.process.institutionsPort, directory.certificate(WELFARE_OFFICE));
    const refused = async <Request>(
      rpc: { readonly path: string; readonly requestSerialize: (request: Request) => Buffer },
      numbers: readonly string[],
      request: (ssin: string) => Request,
    ): Promise<Set<string>> => {
      const answers = new Set<string>();
      for (const ssin of numbers) answers.add(await caller.refused(rpc, request(ssin)));
      return answers;
    };
    const line = (ssin: string) => ({ requestId: newRequestId(), institution: '', ssin, inscriptionContext: '17/2' });
    expect([
      ...(await refused(DirectoryServiceService.inscribe, unusable, (ssin) => ({ ...line(ssin), period: WHOLE }))),
    ]).toEqual([expect.stringContaining('NUMBER_NOT_USABLE')]);
    expect([
      ...(await refused(DirectoryServiceService.listInscriptions, [...unusable, stranger.ssin], (ssin) => ({
        institution: '',
        ssin,
        pageSize: 0,
        pageToken: '',
      }))),
    ]).toEqual([expect.stringContaining('PERSON_NOT_AVAILABLE')]);
    caller.close();
    for (const ssin of [...unusable, stranger.ssin]) expect((await uninscribe(ssin)).changed).toBe(false);
    const [progress] = await sendFile(asOffice, [unusable.map((ssin) => fileLine(ssin))]);
    expect(progress?.refused.map(({ reason }) => reason)).toEqual(unusable.map(() => 'NUMBER_NOT_USABLE'));
    expect(new Set(progress?.refused.map(({ description }) => description)).size).toBe(1);
    const [ended] = await sendFile(asOffice, [[...unusable, stranger.ssin].map((ssin) => fileLine(ssin))], {
      uninscribe: true,
    });
    expect(ended).toMatchObject({ changed: 0n, unchanged: 4n, refused: [] });
  });

  it('merged persons have the inscriptions of both, until the merge is undone', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await inscribe(first.ssin, { period: period('2020-01-01', '2020-12-31') });
    await inscribe(second.ssin, { period: period('2021-01-01', '2021-12-31') });
    await inscribe(first.ssin, { inscriptionContext: '11/2' }, asFund);

    await directory.registry.replace(first.ssin, second.ssin, second.personId, first.personId);
    await known(first.ssin, NumberState.NUMBER_STATE_REPLACED);
    // The other number's event is on a partition of its own.
    const answer = await eventually(
      () => check({ ssin: second.ssin }, '2020-06-01'),
      ({ mergedPersonIds }) => mergedPersonIds.length > 0,
    );
    expect(answer).toMatchObject({ personId: second.personId, mergedPersonIds: [first.personId] });
    expect(answer.inscriptions).toContainEqual(
      expect.objectContaining({ institution: WELFARE_OFFICE, period: period('2020-01-01', '2021-12-31') }),
    );
    expect(answer.inscriptions).toHaveLength(2);
    expect((await check({ personId: first.personId }, '2020-06-01')).personId).toBe(second.personId);
    // Who shows access lists needs to know whose a number was, since when persons are one, and whether somebody contests it.
    expect(answer.ownPersonId).toBe(second.personId);
    expect(answer.merges).toMatchObject([{ personId: first.personId, contested: false }]);
    expect(answer.merges[0]?.mergeTime).toBeInstanceOf(Date);
    expect((await check({ ssin: first.ssin }, '2020-06-01')).ownPersonId).toBe(first.personId);
    await directory.registry.contest(first.personId, second.personId);
    await eventually(
      () => check({ ssin: first.ssin }, '2020-06-01'),
      ({ merges }) => merges[0]?.contested === true,
    );

    await directory.registry.unreplace(first.ssin, first.personId, second.personId);
    await known(first.ssin);
    await eventually(
      () => contextsOf(second.ssin, '2020-06-01'),
      ({ length }) => length === 0,
    );
    expect(await contextsOf(second.ssin, '2021-06-01')).toEqual([`${WELFARE_OFFICE} 17/2`]);
    expect(await contextsOf(first.ssin, '2020-06-01')).toHaveLength(2);
  });

  it('uninscribing under the surviving number ends what was inscribed under the replaced one', async () => {
    const [first, second] = [await somebody(), await somebody()];
    await inscribe(first.ssin);
    await directory.registry.replace(first.ssin, second.ssin, second.personId, first.personId);
    // The merge is on a partition of its own.
    await eventually(
      () => check({ ssin: second.ssin }, '2020-06-01'),
      ({ mergedPersonIds }) => mergedPersonIds.length > 0,
    );
    expect((await uninscribe(second.ssin)).changed).toBe(true);
    expect(await contextsOf(second.ssin)).toEqual([]);
  });

  it('repeated events and events about something else change nothing', async () => {
    const { ssin } = await somebody();
    await inscribe(ssin);
    await directory.registry.repeat();
    await directory.registry.publishOther();
    await somebody();
    expect(await contextsOf(ssin)).toHaveLength(1);
  });
});

describe('the list of inscriptions', () => {
  it('an institution gets its own inscriptions by pages, with their SSINs', async () => {
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

describe('the list of inscribed persons', () => {
  const asSubscription = () => directory.as('subscription');
  const list = async (
    inscriptionContext: string,
    more: { personIds?: string[]; during?: () => Promise<unknown> } = {},
  ) => {
    const by = asSubscription();
    const persons: { personId: string; ssin: string; mergedPersonIds: string[] }[] = [];
    try {
      for (let pageToken = ''; ; ) {
        const page = await by.listInscribedPersons({
          institution: WELFARE_OFFICE,
          inscriptionContext,
          personIds: more.personIds ?? [],
          pageSize: 2,
          pageToken,
        });
        persons.push(...page.persons.map((one) => ({ ...one, mergedPersonIds: [...one.mergedPersonIds] })));
        await more.during?.();
        pageToken = page.nextPageToken;
        if (pageToken === '') return persons;
      }
    } finally {
      by.close();
    }
  };

  it('subscription gets everybody of one institution and context today, by pages, whoever is inscribed meanwhile', async () => {
    const people = [await somebody(), await somebody(), await somebody(), await somebody(), await somebody()];
    for (const { ssin } of people) await inscribe(ssin, { inscriptionContext: '21/1' });
    const [other, ended] = [await somebody(), await somebody()];
    await inscribe(other.ssin, { inscriptionContext: '21/2' });
    await inscribe(other.ssin, { inscriptionContext: '21/1' }, asFund);
    await inscribe(ended.ssin, { inscriptionContext: '21/1', period: period('2020-01-01', '2020-12-31') });
    const late: Awaited<ReturnType<typeof somebody>>[] = [];
    const during = async () => {
      if (late.length === 2) return;
      const one = await somebody();
      await inscribe(one.ssin, { inscriptionContext: '21/1' });
      late.push(one);
    };
    const listed = await list('21/1', { during });
    for (const { ssin, personId } of people)
      expect(listed.filter((one) => one.ssin === ssin)).toMatchObject([{ personId }]);
    const known = new Set([...people, ...late].map(({ ssin }) => ssin));
    expect(listed.every(({ ssin }) => known.has(ssin))).toBe(true);
  });

  it('of some persons it gives those who are inscribed, each under the id in force', async () => {
    const [inscribed, not, merged] = [await somebody(), await somebody(), await somebody()];
    await inscribe(inscribed.ssin, { inscriptionContext: '21/3' });
    await inscribe(merged.ssin, { inscriptionContext: '21/3' });
    await directory.registry.replace(merged.ssin, not.ssin, not.personId, merged.personId);
    await known(merged.ssin, NumberState.NUMBER_STATE_REPLACED);
    // The other number's event is on a partition of its own.
    const found = await eventually(
      () => list('21/3', { personIds: [inscribed.personId, merged.personId] }),
      (persons) => persons.some(({ personId }) => personId === not.personId),
    );
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        { personId: inscribed.personId, ssin: inscribed.ssin, mergedPersonIds: [] },
        { personId: not.personId, ssin: merged.ssin, mergedPersonIds: [merged.personId] },
      ]),
    );
    expect((await list('21/3')).map(({ personId }) => personId).sort()).toEqual(
      [inscribed.personId, not.personId].sort(),
    );
  });
});

describe('BatchCheck', () => {
  it('persons are answered in the order asked', async () => {
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
