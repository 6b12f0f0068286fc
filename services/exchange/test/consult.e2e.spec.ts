import { AccessKind, Ask, Behind, ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { SupplyRequest } from '@crossroads/contracts/source/v1/source_service';
import { refusalOf } from '@crossroads/testing';
import { opens, receiptVerifier } from '@crossroads/transparency';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import type { Supply } from './source-stand-in.js';
import {
  type ExchangeClient,
  CONTEXT,
  consult,
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

/** Of what a source was asked. */
const commitmentIn = ({ receipt }: SupplyRequest): Uint8Array => receipt?.askCommitment ?? Buffer.alloc(0);

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
    const { ssin } = world.person(WELFARE);
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
    expect(opens(commitmentIn(supplied), 'ask', supplied.askSalt, supplied.ask)).toBe(true);
    expect(Ask.decode(supplied.ask)).toEqual({
      askVersion: 1,
      reference: expect.objectContaining({ length: 16 }),
      party: EMPLOYMENT,
      ssin,
      customer: WELFARE,
      dataService: WAGES,
      fieldGroups: ['employer'],
      legalContext: CONTEXT,
      deliberationId: wages?.deliberationId,
      asOfDate: supplied.asOfDate,
      time: supplied.receipt?.time,
      kind: AccessKind.ACCESS_KIND_CONSULTATION,
      mail: undefined,
    });
    const { behind = Buffer.alloc(0), behindSalt = Buffer.alloc(0) } = wages?.release ?? {};
    expect(wages?.receipt).toEqual(supplied.receipt);
    expect(opens(wages?.receipt?.behindCommitment ?? Buffer.alloc(0), 'behind', behindSalt, behind)).toBe(true);
    expect(Behind.decode(behind)).toMatchObject({
      ticket: answer.ticket,
      peer: WELFARE,
      application: 'desk',
      officialRole: 'social-worker',
      officialId: 'a7f3',
      requestTokenHash: expect.objectContaining({ length: 32 }),
      inscription: { context: 'PCSA:LIVING_WAGE' },
    });
  });

  it('tells a source nothing but what it needs for its own answer', async () => {
    const { ssin, personId } = world.person(WELFARE);
    const dataServices = [WAGES, STATUS].map((dataService) => ({ dataService, fieldGroups: [] }));
    const { ticket } = await welfare.consult(consult(ssin, { dataServices }));
    const [ofWages, ofStatus] = [world.wages.asked.at(-1), world.status.asked.at(-1)];
    if (!ofWages || !ofStatus) throw new Error('the sources were not asked');
    const bytes = Buffer.from(SupplyRequest.encode(ofWages).finish());
    const token = Buffer.from(ofWages.requestToken.split('~')[0]?.split('.')[1] ?? '', 'base64url');
    for (const secret of [personId, ticket, STATUS, 'a7f3', 'social-worker', 'PCSA:LIVING_WAGE', 'desk'])
      expect([bytes.includes(secret), token.includes(secret)]).toEqual([false, false]);
    const values = ({ ask, receipt, askSalt }: SupplyRequest) => [
      Ask.decode(ask).reference,
      askSalt,
      ...(receipt ? [receipt.askCommitment, receipt.behindCommitment] : []),
    ];
    const others = values(ofStatus).map((value) => value.toString('hex'));
    expect(values(ofWages).filter((value) => others.includes(value.toString('hex')))).toEqual([]);
  });

  it('shows a source a receipt for each of many concurrent requests', async () => {
    const from = world.wages.asked.length;
    const people = Array.from({ length: 30 }, () => world.person(WELFARE).ssin);
    const answers = await Promise.all(people.map((ssin) => welfare.consult(consult(ssin))));
    const asked = world.wages.asked.slice(from);
    expect(new Set(answers.map(({ ticket }) => ticket)).size).toBe(30);
    expect(asked.map(({ ssin }) => ssin).toSorted()).toEqual(people.toSorted());
    for (const request of asked) {
      expect(receiptVerifier(mesh.receipts.keys)(request.receipt, expected())).toBeUndefined();
      expect(opens(commitmentIn(request), 'ask', request.askSalt, request.ask)).toBe(true);
      expect(Ask.decode(request.ask).ssin).toBe(request.ssin);
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
    const { results } = await integrator.consult(consult(ssin, { customer: WELFARE }));
    expect(Ask.decode(world.wages.asked.at(-1)?.ask ?? Buffer.alloc(0))).toMatchObject({ customer: WELFARE });
    expect(Behind.decode(results[0]?.release?.behind ?? Buffer.alloc(0))).toMatchObject({ peer: INTEGRATOR });
    const fund = world.client(exchange.port, FUND);
    expect(await refusalOf(fund.consult(consult(ssin, { customer: WELFARE })))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'NOT_REPRESENTED',
    });
  });
});
