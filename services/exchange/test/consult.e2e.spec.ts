import { AccessRecord, ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { opens, receiptVerifier } from '@crossroads/transparency';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import type { Supply } from './source-stand-in.js';
import {
  type ExchangeClient,
  CONTEXT,
  consult,
  deliberation,
  EMPLOYMENT,
  FUND,
  INTEGRATOR,
  STATUS,
  WAGES,
  WELFARE,
  World,
} from './world.js';

const { CONSULTATION_STATUS_DATA_FOUND, CONSULTATION_STATUS_NO_DATA_FOUND, CONSULTATION_STATUS_NO_RESULT } =
  ConsultationStatus;

describe('a consultation', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let welfare: ExchangeClient;
  let sound: Supply;
  /** What a source demands. */
  const expected = () => ({ use: 'consultation', origin: mesh.receipts.origin, maxAgeMs: 60_000 }) as const;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    sound = world.wages.supply;
    exchange = await world.exchange();
    welfare = world.client(exchange.port, WELFARE);
  });
  afterAll(() => mesh.stop());
  beforeEach(() => {
    world.wages.supply = sound;
  });

  it('returns what is granted, and says what was filtered and where there is no data', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const request = consult(ssin, {
      dataServices: [
        { dataService: WAGES, fieldGroups: ['employer', 'amount'] },
        { dataService: STATUS, fieldGroups: [] },
      ],
    });
    const answer = await welfare.consult(request);
    const [wages, social] = answer.results;
    expect(wages).toMatchObject({
      dataService: WAGES,
      status: CONSULTATION_STATUS_DATA_FOUND,
      data: { wages: [{ employer: { name: 'Jansens NV' } }] },
      sourceRevision: 7n,
      filtered: [
        { path: 'wages.amount', fieldGroup: 'amount', reason: 'NOT_GRANTED' },
        { path: 'wages.quarter', fieldGroup: 'quarter', reason: 'NOT_REQUESTED' },
      ],
    });
    expect(JSON.stringify(wages?.data)).not.toContain('2500');
    expect(social).toMatchObject({ dataService: STATUS, status: CONSULTATION_STATUS_NO_DATA_FOUND });

    const supplied = world.wages.asked.at(-1);
    if (!supplied) throw new Error('the source was not asked');
    expect(receiptVerifier(mesh.receipts.keys)(supplied.receipt, expected())).toBeUndefined();
    expect(opens(supplied.receipt?.commitment ?? new Uint8Array(), supplied.recordSalt, supplied.record)).toBe(true);
    expect(AccessRecord.decode(supplied.record)).toMatchObject({
      recordVersion: 1,
      ticket: answer.ticket,
      customer: WELFARE,
      peer: WELFARE,
      application: 'desk',
      legalContext: CONTEXT,
      inscriptionContext: 'PCSA:LIVING_WAGE',
      personId,
      ssins: [ssin],
      services: [
        { dataService: WAGES, fieldGroups: ['employer'] },
        { dataService: STATUS, fieldGroups: ['status'] },
      ],
    });
  });

  it('shows a source a receipt for each of many concurrent requests', async () => {
    const from = world.wages.asked.length;
    const people = Array.from({ length: 30 }, () => world.person(WELFARE).ssin);
    const answers = await Promise.all(people.map((ssin) => welfare.consult(consult(ssin))));
    const asked = world.wages.asked.slice(from);
    expect(asked.map(({ ticket }) => ticket).toSorted()).toEqual(answers.map(({ ticket }) => ticket).toSorted());
    for (const { receipt, record, recordSalt, ssin } of asked) {
      expect(receiptVerifier(mesh.receipts.keys)(receipt, expected())).toBeUndefined();
      expect(opens(receipt?.commitment ?? new Uint8Array(), recordSalt, record)).toBe(true);
      expect(AccessRecord.decode(record).ssins).toEqual([ssin]);
    }
  });

  it('is refused without inscription, without grant, and for numbers that are not in use', async () => {
    const fund = world.client(exchange.port, FUND);
    const stranger = world.person(FUND).ssin;
    expect(await refusalOf(welfare.consult(consult(stranger)))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'PERSON_NOT_AVAILABLE',
      metadata: { [WAGES]: 'PERSON_NOT_AVAILABLE' },
    });
    expect(await refusalOf(fund.consult(consult(stranger)))).toMatchObject({ reason: 'NO_DELIBERATION' });
    const states = [
      [3, 'REPLACED_SSIN'],
      [4, 'CANCELED_SSIN'],
    ] as const;
    for (const [state, reason] of states) {
      const person = world.person();
      world.directory.put(person, [[WELFARE, 'PCSA:LIVING_WAGE']], { state });
      expect(await refusalOf(welfare.consult(consult(person.ssin)))).toMatchObject({
        code: status.FAILED_PRECONDITION,
        reason,
      });
    }
  });

  it('returns the data of the others when one service is refused or one source fails', async () => {
    const { ssin } = world.person(WELFARE);
    world.wages.supply = async () => {
      throw new Error('down');
    };
    const { results } = await welfare.consult(
      consult(ssin, {
        dataServices: [WAGES, 'pension.rights.v1', STATUS].map((dataService) => ({ dataService, fieldGroups: [] })),
      }),
    );
    expect(results).toMatchObject([
      { status: CONSULTATION_STATUS_NO_RESULT, reason: 'SOURCE_UNAVAILABLE', data: undefined },
      { status: CONSULTATION_STATUS_NO_RESULT, reason: 'UNKNOWN_DATA_SERVICE', data: undefined },
      { status: CONSULTATION_STATUS_NO_DATA_FOUND },
    ]);
  });

  const unsound: readonly (readonly [string, Supply, string])[] = [
    ['about somebody else', async (r, s) => ({ ...(await sound(r, s)), ssin: '80610199999' }), 'SOURCE_ANSWER_INVALID'],
    [
      'that breaks its schema',
      async (r, s) => ({ ...(await sound(r, s)), data: { wages: [{ employer: { number: 7 } }] } }),
      'SOURCE_ANSWER_INVALID',
    ],
    [
      'without what a granted group requires',
      async (r, s) => ({ ...(await sound(r, s)), data: { wages: [{ quarter: '2026-1' }] } }),
      'SOURCE_ANSWER_INVALID',
    ],
    ['without data', async (r, s) => ({ ...(await sound(r, s)), data: undefined }), 'SOURCE_ANSWER_INVALID'],
    ['without status', async (r, s) => ({ ...(await sound(r, s)), status: 0 }), 'SOURCE_ANSWER_INVALID'],
    [
      'that is too large',
      async (r, s) => ({ ...(await sound(r, s)), data: { wages: [], filler: 'x'.repeat(1_100_000) } }),
      'SOURCE_ANSWER_INVALID',
    ],
    [
      'that never comes',
      (_r, signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      'SOURCE_TIMEOUT',
    ],
  ];
  it.each(unsound)('does not return a source’s answer %s', async (_what, supply, reason) => {
    const { ssin } = world.person(WELFARE);
    world.wages.supply = supply;
    const { results } = await welfare.consult(consult(ssin));
    expect(results).toMatchObject([{ status: CONSULTATION_STATUS_NO_RESULT, reason, data: undefined }]);
  });

  it('accepts an answer without the groups that were not granted', async () => {
    const { ssin } = world.person(WELFARE);
    world.wages.supply = async (r, s) => ({
      ...(await sound(r, s)),
      data: { wages: [{ employer: { number: '1' }, quarter: '2026-1' }] },
    });
    const { results } = await welfare.consult(consult(ssin));
    expect(results).toMatchObject([
      {
        status: CONSULTATION_STATUS_DATA_FOUND,
        data: { wages: [{ employer: { number: '1' }, quarter: '2026-1' }] },
        filtered: [{ path: 'wages.amount', fieldGroup: 'amount', reason: 'NOT_GRANTED' }],
      },
    ]);
  });

  it('may be made by the customer or its representative, and by no other institution', async () => {
    const { ssin } = world.person(WELFARE);
    const integrator = world.client(exchange.port, INTEGRATOR);
    await integrator.consult(consult(ssin, { customer: WELFARE }));
    expect(AccessRecord.decode(world.wages.asked.at(-1)?.record ?? new Uint8Array())).toMatchObject({
      customer: WELFARE,
      peer: INTEGRATOR,
    });
    const fund = world.client(exchange.port, FUND);
    expect(await refusalOf(fund.consult(consult(ssin, { customer: WELFARE })))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'NOT_REPRESENTED',
    });
  });

  it('asks the sources again under the same ticket and record when it is repeated', async () => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    const first = await welfare.consult(request);
    const before = world.wages.asked.length;
    const second = await welfare.consult(request);
    expect(second.ticket).toBe(first.ticket);
    expect(world.wages.asked.length).toBe(before + 1);
    const [one, two] = world.wages.asked.slice(-2);
    expect(one?.record.equals(two?.record ?? Buffer.alloc(0))).toBe(true);
    expect(await refusalOf(welfare.consult({ ...request, legalContext: 'PCSA:OTHER' }))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
  });

  it('returns no more than its record names when it is repeated under a wider grant', async () => {
    const fund = world.client(exchange.port, FUND);
    const { ssin } = world.person(FUND);
    const grant = (dataService: string, fieldGroups: readonly string[]) => [{ dataService, fieldGroups }];
    const granted = deliberation(FUND, grant(WAGES, ['employer']));
    const asked = consult(ssin, {
      dataServices: [
        { dataService: WAGES, fieldGroups: [] },
        { dataService: STATUS, fieldGroups: [] },
      ],
    });
    mesh.policy.put({ $case: 'deliberation', value: granted });
    const first = await eventually(
      () => fund.consult(asked).catch(() => undefined),
      (answer) => answer !== undefined,
    );
    expect(first?.results).toMatchObject([{ status: CONSULTATION_STATUS_DATA_FOUND }, { reason: 'NO_DELIBERATION' }]);
    const wider = [...grant(WAGES, ['employer', 'quarter', 'amount']), ...grant(STATUS, ['status'])];
    mesh.policy.put({ $case: 'deliberation', value: deliberation(FUND, wider, granted.deliberationId) });
    await eventually(
      () => fund.consult({ ...asked, requestId: newRequestId() }),
      ({ results }) => results[1]?.status === CONSULTATION_STATUS_NO_DATA_FOUND,
    );
    const again = await fund.consult(asked);
    expect(again.ticket).toBe(first?.ticket);
    expect(again.results[0]?.data).toEqual({ wages: [{ employer: { number: EMPLOYMENT, name: 'Jansens NV' } }] });
    expect(again.results[1]).toMatchObject({ status: CONSULTATION_STATUS_NO_RESULT, reason: 'NOT_GRANTED_AT_FIRST' });
  });

  it('answers a repeated refusal as the first time', async () => {
    const stranger = world.person().ssin;
    const request = consult(stranger);
    const first = await refusalOf(welfare.consult(request));
    expect(first).toMatchObject({ reason: 'PERSON_NOT_AVAILABLE' });
    expect((await refusalOf(welfare.consult(request))).metadata).toEqual(first.metadata);
  });

  it('gives concurrent repetitions the same ticket', async () => {
    const { ssin } = world.person(WELFARE);
    const request = consult(ssin);
    const answers = await Promise.all(Array.from({ length: 8 }, () => welfare.consult(request)));
    expect(new Set(answers.map(({ ticket }) => ticket)).size).toBe(1);
  });
});
