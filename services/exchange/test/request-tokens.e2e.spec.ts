import { generateKeyPairSync } from 'node:crypto';
import { Behind } from '@crossroads/contracts/access/v1/access_record';
import { newRequestId } from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import type { SignedQuestion } from '@crossroads/request-token';
import { eventually, refusalOf } from '@crossroads/testing';
import {
  ALL_RIGHTS,
  type InProcessService,
  OFFICIAL_KEYS,
  REQUEST_KEY,
  signedRequest,
  spkiHash,
  TestMesh,
} from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  consult,
  deliberation,
  type ExchangeClient,
  FUND,
  INTEGRATOR,
  institution,
  STATUS,
  WAGES,
  WELFARE,
  World,
} from './world.js';

const SOFTWARE = { kind: 'application', name: 'desk' } as const;

describe('a consultation without the signature of its customer', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let welfare: ExchangeClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    exchange = await world.exchange();
    welfare = world.client(exchange.port, WELFARE);
  });
  afterAll(() => mesh.stop());

  const stranger = () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { kid: REQUEST_KEY.kid, privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  };

  it.each<[string, string, Partial<SignedQuestion>]>([
    ['for another customer', 'TOKEN_OF_OTHER_INSTITUTION', { customer: FUND }],
    ['for another request', 'TOKEN_OF_OTHER_REQUEST', { requestId: newRequestId() }],
    ['about another person', 'TOKEN_OF_OTHER_PERSON', { ssin: '80610100139' }],
    ['about another day', 'TOKEN_OF_OTHER_DAY', { day: '2020-01-01' as IsoDay }],
    ['under another legal context', 'TOKEN_OF_OTHER_LEGAL_CONTEXT', { legalContext: 'PCSA:OTHER' }],
    [
      'for another data service',
      'TOKEN_OF_OTHER_DATA_SERVICE',
      { dataServices: [{ dataService: STATUS, fieldGroups: [] }] },
    ],
    [
      'for other field groups',
      'TOKEN_OF_OTHER_FIELD_GROUPS',
      { dataServices: [{ dataService: WAGES, fieldGroups: ['amount'] }] },
    ],
    ['over another connection', 'TOKEN_OF_OTHER_CERTIFICATE', { certificateHash: 'of another certificate' }],
    ['by another application', 'TOKEN_OF_NOBODY', { asker: { kind: 'application', name: 'batch' } }],
  ])('is refused, and no source is asked: signed %s', async (_, reason, signed) => {
    const request = signedRequest(consult(world.person(WELFARE).ssin), world.certificate(WELFARE), signed);
    const asked = world.wages.asked.length;
    expect(await refusalOf(welfare.consult(request))).toMatchObject({ code: status.UNAUTHENTICATED, reason });
    expect(world.wages.asked).toHaveLength(asked);
  });

  it('is refused when it is not signed, or with a key that is not the customer’s', async () => {
    const request = consult(world.person(WELFARE).ssin);
    expect(await refusalOf(world.unsigned(exchange.port, WELFARE).consult(request))).toMatchObject({
      code: status.UNAUTHENTICATED,
      reason: 'TOKEN_MISSING',
    });
    const forged = signedRequest(request, world.certificate(WELFARE), {}, stranger());
    expect(await refusalOf(welfare.consult(forged))).toMatchObject({ reason: 'TOKEN_SIGNATURE' });
  });

  it('is refused to whoever stole a token, and to whoever stole a connection', async () => {
    const { ssin } = world.person(WELFARE);
    const stolen = signedRequest({ ...consult(ssin), customer: WELFARE }, world.certificate(WELFARE));
    const integrator = world.client(exchange.port, INTEGRATOR);
    expect(await refusalOf(integrator.consult(stolen))).toMatchObject({ reason: 'TOKEN_OF_OTHER_CERTIFICATE' });
    const own = signedRequest(consult(ssin), world.certificate(WELFARE));
    const other = { ...own, ssin: world.person(WELFARE).ssin };
    expect(await refusalOf(welfare.consult(other))).toMatchObject({ reason: 'TOKEN_OF_OTHER_PERSON' });
  });

  it('is refused from the moment that the key is withdrawn', async () => {
    const request = () => consult(world.person(FUND).ssin);
    const fund = world.client(exchange.port, FUND);
    expect(await refusalOf(fund.consult(request()))).toMatchObject({ reason: 'NO_DELIBERATION' });
    mesh.policy.put({ $case: 'institution', value: institution(FUND) });
    await eventually(
      () => refusalOf(fund.consult(request())),
      ({ reason }) => reason === 'TOKEN_KEY_UNKNOWN',
    );
    mesh.policy.put({ $case: 'institution', value: institution(FUND, { officialKeys: OFFICIAL_KEYS }) });
    await eventually(
      () => refusalOf(fund.consult(request())),
      ({ reason }) => reason === 'NO_DELIBERATION',
    );
  });

  it('is made under a certificate that was renewed with the same key once that certificate is signed', async () => {
    const { ssin } = world.person(WELFARE);
    const renewed = await mesh.applicationCertificate(WELFARE);
    const spkiHashes = [spkiHash(world.certificate(WELFARE)), spkiHash(renewed)];
    mesh.policy.put({
      $case: 'application',
      value: { ...ALL_RIGHTS, enterpriseNumber: WELFARE, name: 'desk', spkiHashes },
    });
    const client = world.client(exchange.port, renewed);
    await eventually(
      () => client.consult(consult(ssin)).catch(() => undefined),
      (answer) => answer !== undefined,
    );
    const old = signedRequest(consult(ssin), world.certificate(WELFARE));
    expect(await refusalOf(client.consult(old))).toMatchObject({ reason: 'TOKEN_OF_OTHER_CERTIFICATE' });
  });

  it('hands each source what it needs of the token, and no more', async () => {
    const { ssin } = world.person(WELFARE);
    const services = [WAGES, STATUS].map((dataService) => ({ dataService, fieldGroups: [] }));
    await welfare.consult(consult(ssin, { dataServices: services }));
    for (const [source, dataService] of [
      [world.wages, WAGES],
      [world.status, STATUS],
    ] as const) {
      const [, ...disclosed] = source.asked.at(-1)?.requestToken.split('~').filter(Boolean) ?? [];
      const claims = disclosed.map((one) => JSON.parse(Buffer.from(one, 'base64url').toString()) as unknown[]);
      expect(claims.map(([, ...claim]) => claim)).toEqual([
        ['person', ssin],
        [`data_service/${dataService}`, []],
      ]);
    }
  });

  it('needs an official, except under a deliberation that lets software ask', async () => {
    const { ssin } = world.person(WELFARE);
    const ask = (dataService: string) =>
      welfare.consult(
        signedRequest(consult(ssin, { dataServices: [{ dataService, fieldGroups: [] }] }), world.certificate(WELFARE), {
          asker: SOFTWARE,
        }),
      );
    expect(await refusalOf(ask(WAGES))).toMatchObject({ code: status.PERMISSION_DENIED, reason: 'OFFICIAL_NEEDED' });
    const granted = deliberation(WELFARE, [{ dataService: WAGES, fieldGroups: ['quarter'] }]);
    const grants = granted.grants.map((grant) => ({ ...grant, withoutOfficial: true }));
    mesh.policy.put({ $case: 'deliberation', value: { ...granted, grants } });
    const { results } = await eventually(
      () => ask(WAGES).catch(() => ({ results: [] })),
      ({ results: some }) => some.length > 0,
    );
    expect(results[0]?.data).toEqual({ wages: [{ quarter: '2026-1' }] });
    const { officialId, officialRole, application } = Behind.decode(results[0]?.release?.behind ?? Buffer.alloc(0));
    expect({ officialId, officialRole, application }).toEqual({
      officialId: '',
      officialRole: '',
      application: 'desk',
    });
  });
});
