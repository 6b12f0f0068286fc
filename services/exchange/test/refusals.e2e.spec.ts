import { randomUUID } from 'node:crypto';
import { ExchangeServiceService, type ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId } from '@crossroads/grpc';
import { PlainCaller, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { consult, EMPLOYMENT, FUND, ssin, STATUS, WAGES, WELFARE, World } from './world.js';

const { NUMBER_STATE_REPLACED, NUMBER_STATE_CANCELED } = NumberState;

describe('to who has no inscription, an exchange', () => {
  let mesh: TestMesh;
  let world: World;
  let port: number;
  const callers: PlainCaller[] = [];

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    port = (await world.exchange()).institutionsPort;
  });
  afterAll(async () => {
    for (const caller of callers) caller.close();
    await mesh.stop();
  });

  const as = (institution: string): PlainCaller => {
    const caller = new PlainCaller(port, world.certificate(institution));
    callers.push(caller);
    return caller;
  };
  let strangers = 9_000;
  /** A number in some state, with what is inscribed under it. */
  const number = (
    state: NumberState,
    inscribed: readonly (readonly [institution: string, inscriptionContext: string])[] = [],
  ): string => {
    const person = { ssin: ssin(strangers++), personId: randomUUID() };
    world.directory.put(person, inscribed, { state });
    return person.ssin;
  };
  /** Five persons, none of whom the institution knows in a context of its grants. */
  const notAvailable = (institution: string): Readonly<Record<string, string>> => ({
    unknown: ssin(strangers++),
    replaced: number(NUMBER_STATE_REPLACED, [[FUND, 'PCSA:LIVING_WAGE']]),
    cancelled: number(NUMBER_STATE_CANCELED),
    'not inscribed': world.person(FUND).ssin,
    'inscribed in another context': number(NumberState.NUMBER_STATE_VALID, [[institution, 'PCSA:CO_RESIDENT']]),
  });
  const each = async (
    persons: Readonly<Record<string, string>>,
    refused: (ssin: string) => Promise<string>,
  ): Promise<Record<string, string>> => {
    const answers: Record<string, string> = {};
    for (const [what, person] of Object.entries(persons)) answers[what] = await refused(person);
    return answers;
  };
  const theSame = (answers: Readonly<Record<string, string>>): string => {
    const [first = ''] = Object.values(answers);
    expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((what) => [what, first])));
    return first;
  };

  const consultations: readonly (readonly [string, Parameters<typeof consult>[1], string])[] = [
    ['that is granted', {}, 'PERSON_NOT_AVAILABLE'],
    [
      'of which a part is granted',
      { dataServices: ['pension.rights.v1', STATUS].map((dataService) => ({ dataService, fieldGroups: [] })) },
      'PERSON_NOT_AVAILABLE',
    ],
    ['about a day in the past', { asOfDate: { year: 2020, month: 1, day: 1 } }, 'PERSON_NOT_AVAILABLE'],
    [
      'of groups that are not granted',
      { dataServices: [{ dataService: WAGES, fieldGroups: ['amount'] }] },
      'FIELD_GROUPS_NOT_GRANTED',
    ],
    ['for an unknown purpose', { legalContext: 'PCSA:OTHER' }, 'UNKNOWN_LEGAL_CONTEXT'],
  ];
  it.each(consultations)(
    'refuses a consultation %s with the same bytes about everybody',
    async (_what, more, reason) => {
      const welfare = as(WELFARE);
      const refused = (person: string) =>
        welfare.refused(ExchangeServiceService.consult, world.signed(consult(person, more), WELFARE));
      expect(theSame(await each(notAvailable(WELFARE), refused))).toContain(reason);
    },
  );

  it('refuses for want of a grant with the same bytes, also about who is inscribed', async () => {
    const fund = as(FUND);
    const persons = { ...notAvailable(FUND), inscribed: world.person(FUND).ssin };
    const refused = (person: string) =>
      fund.refused(ExchangeServiceService.consult, world.signed(consult(person), FUND));
    expect(theSame(await each(persons, refused))).toContain('NO_DELIBERATION');
  });

  it('answers the repetition of a refused request with the same bytes about everybody', async () => {
    const welfare = as(WELFARE);
    const requests = new Map<string, ReturnType<typeof consult>>();
    const refused = (person: string) => {
      const request = requests.get(person) ?? world.signed(consult(person), WELFARE);
      requests.set(person, request);
      return welfare.refused(ExchangeServiceService.consult, request);
    };
    const persons = notAvailable(WELFARE);
    theSame(await each(persons, refused));
    expect(theSame(await each(persons, refused))).toContain('PERSON_NOT_AVAILABLE');
  });

  const report = (person: string): ReportMutationRequest => ({
    requestId: newRequestId(),
    reporter: '',
    ssin: person,
    dataService: WAGES,
    sourceRevision: 8n,
    changedFieldGroups: ['amount'],
    data: { wages: [{ amount: '2600.00' }] },
    effectiveDate: { year: 2026, month: 3, day: 1 },
  });
  it('refuses a report with the same bytes about everybody', async () => {
    const employment = as(EMPLOYMENT);
    // A reporter needs an inscription in whichever context.
    const { 'inscribed in another context': _, ...persons } = notAvailable(EMPLOYMENT);
    const refused = (person: string) => employment.refused(ExchangeServiceService.reportMutation, report(person));
    expect(theSame(await each(persons, refused))).toContain('PERSON_NOT_AVAILABLE');
  });

  const states = [
    [NUMBER_STATE_REPLACED, 'REPLACED_SSIN'],
    [NUMBER_STATE_CANCELED, 'CANCELED_SSIN'],
  ] as const;
  it.each(states)('hides what it tells with an inscription: state %d is %s', async (state, reason) => {
    const inscribed = number(state, [
      [WELFARE, 'PCSA:LIVING_WAGE'],
      [EMPLOYMENT, 'PCSA:LIVING_WAGE'],
    ]);
    const asked = world.signed(consult(inscribed), WELFARE);
    expect(await as(WELFARE).refused(ExchangeServiceService.consult, asked)).toContain(reason);
    expect(await as(EMPLOYMENT).refused(ExchangeServiceService.reportMutation, report(inscribed))).toContain(reason);
  });
});
