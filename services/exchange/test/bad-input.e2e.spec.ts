import { readFileSync } from 'node:fs';
import { ConsultRequest, ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId } from '@crossroads/grpc';
import { ssinCheck } from '@crossroads/identifiers';
import { CertificateAuthorities } from '@crossroads/local';
import { eventually, refusalOf } from '@crossroads/testing';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ALL_RIGHTS, type InProcessService, signedRequest, spkiHash, TestMesh } from '@crossroads/testing/mesh';
import { type ExchangeClient, consult, WAGES, WELFARE, World } from './world.js';

const TRUST_DOMAIN = 'crossroads.test';

describe('the exchange, given bad input,', () => {
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

  const old = newRequestId(Date.now() - 36 * 86_400_000);
  const services = (...names: readonly string[]) => ({
    dataServices: names.map((dataService) => ({ dataService, fieldGroups: [] })),
  });
  const wrong: readonly (readonly [string, Partial<ConsultRequest>, string, string])[] = [
    ['no SSIN', { ssin: '' }, 'ssin', 'REQUIRED'],
    ['an SSIN with dots', { ssin: '80.61.01-001.33' }, 'ssin', 'SSIN_MALFORMED'],
    ['ten digits', { ssin: '8061010013' }, 'ssin', 'SSIN_MALFORMED'],
    ['a wrong check number', { ssin: '80610100100' }, 'ssin', 'SSIN_CHECKSUM'],
    ['an impossible date', { ssin: `809931001${ssinCheck('809931001', 1900)}` }, 'ssin', 'SSIN_IMPOSSIBLE_DATE'],
    ['a customer of nine digits', { customer: '207000056' }, 'customer', 'ENTERPRISE_NUMBER_MALFORMED'],
    ['a customer with a wrong check', { customer: '0207000000' }, 'customer', 'ENTERPRISE_NUMBER_CHECKSUM'],
    ['no legal context', { legalContext: '' }, 'legal_context', 'REQUIRED'],
    ['a malformed legal context', { legalContext: 'because' }, 'legal_context', 'MALFORMED_CONTEXT'],
    ['no data service', { dataServices: [] }, 'data_services', 'REQUIRED'],
    ['an empty data service', services(''), 'data_services[0].data_service', 'REQUIRED'],
    ['a data service twice', services(WAGES, WAGES), 'data_services[1].data_service', 'DUPLICATE'],
    ['too many', services(...Array.from({ length: 17 }, (_, n) => `x${n}.v1`)), 'data_services', 'TOO_MANY'],
    [
      'an unknown field group',
      { dataServices: [{ dataService: WAGES, fieldGroups: ['salary'] }] },
      'data_services[0].field_groups[0]',
      'UNKNOWN_FIELD_GROUP',
    ],
    [
      'a field group twice',
      { dataServices: [{ dataService: WAGES, fieldGroups: ['amount', 'amount'] }] },
      'data_services[0].field_groups[1]',
      'DUPLICATE',
    ],
    ['no such day', { asOfDate: { year: 2026, month: 2, day: 30 } }, 'as_of_date', 'INVALID_DATE'],
    ['a day to come', { asOfDate: { year: 9998, month: 1, day: 1 } }, 'as_of_date', 'FUTURE_DATE'],
    ['no request id', { requestId: '' }, 'request_id', 'REQUIRED'],
    [
      'a random request id',
      { requestId: '7f2c8a52-3d7b-4f0e-9a51-0d9f5f1c2b3a' },
      'request_id',
      'MALFORMED_REQUEST_ID',
    ],
    ['an old request id', { requestId: old }, 'request_id', 'REQUEST_ID_TOO_OLD'],
  ];
  it.each(wrong)('rejects it with its own reason: %s', async (_what, more, field, rule) => {
    const { ssin } = world.person(WELFARE);
    const error = await refusalOf(welfare.consult(consult(ssin, more)));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_INPUT', metadata: { field, rule } });
    expect(error.message).not.toContain(ssin);
  });

  it('reports every invalid field at once', async () => {
    const error = await refusalOf(welfare.consult(consult('1', { customer: '2', legalContext: '3' })));
    expect(error.violations.map(({ field }) => field)).toEqual(['customer', 'ssin', 'legal_context']);
  });

  it('refuses an unknown purpose and an unknown data service', async () => {
    const { ssin } = world.person(WELFARE);
    const reasons = [
      [{ legalContext: 'NOBODY:KNOWS' }, 'UNKNOWN_LEGAL_CONTEXT'],
      [services('nothing.v1'), 'UNKNOWN_DATA_SERVICE'],
      [{ customer: '0202239951' }, 'UNKNOWN_INSTITUTION'],
    ] as const;
    for (const [more, reason] of reasons)
      expect(await refusalOf(welfare.consult(consult(ssin, more)))).toMatchObject({
        code: status.PERMISSION_DENIED,
        reason,
      });
  });

  it('refuses a request that is too large', async () => {
    const { ssin } = world.person(WELFARE);
    const error = await refusalOf(welfare.consult(consult(ssin, services('x'.repeat(1_100_000)))));
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, reason: 'MESSAGE_TOO_LARGE' });
  });

  it('rejects callers without a valid certificate', async () => {
    const request = consult(world.person(WELFARE).ssin);
    const unregistered = world.client(exchange.port, await mesh.applicationCertificate(WELFARE));
    expect(await refusalOf(unregistered.consult(request))).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'KEY_NOT_REGISTERED',
    });
    const service = world.client(exchange.port, await mesh.serviceCertificate('subscription'));
    expect(await refusalOf(service.consult(request))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });

    const foreign = await CertificateAuthorities.create(TRUST_DOMAIN);
    const bad = [
      await mesh.untrustedCertificate(foreign, WELFARE),
      await mesh.applicationCertificate(WELFARE, { notAfter: new Date(Date.now() - 60_000) }),
    ];
    for (const tls of bad) {
      const client = world.client(exchange.port, { ...tls, ca: world.certificate(WELFARE).ca });
      expect(await refusalOf(client.consult(request, { deadlineMs: 700 }))).toMatchObject({ isOutage: true });
    }
  });

  it('rejects a key from the moment that it is withdrawn', async () => {
    const tls = await mesh.applicationCertificate(WELFARE, { application: 'batch' });
    const application = { ...ALL_RIGHTS, enterpriseNumber: WELFARE, name: 'batch', spkiHashes: [spkiHash(tls)] };
    mesh.policy.put({ $case: 'application', value: application });
    const client = world.client(exchange.port, tls);
    await eventually(
      () =>
        client.consult(consult(world.person(WELFARE).ssin)).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    mesh.policy.put({ $case: 'application', value: { ...application, spkiHashes: [] } });
    const gone = await eventually(
      () => client.consult(consult(world.person(WELFARE).ssin)).catch((error: unknown) => error),
      (answer) => answer instanceof Error,
    );
    expect(gone).toMatchObject({ reason: 'KEY_NOT_REGISTERED' });
  });

  it('survives 500 fuzzed requests without INTERNAL', async () => {
    const { ca, key, cert } = world.certificate(WELFARE);
    const [caPem, keyPem, certPem] = [ca, key, cert].map((file) => readFileSync(file));
    const ssl = credentials.createSsl(caPem, keyPem, certPem);
    const raw = new Client(`localhost:${exchange.institutionsPort}`, ssl, {
      'grpc.ssl_target_name_override': 'exchange',
    });
    const codeOf = (method: string, bytes: Buffer) =>
      new Promise<status>((resolve) => {
        const same = (value: Buffer) => value;
        const deadline = { deadline: Date.now() + 5_000 };
        raw.makeUnaryRequest(
          `/crossroads.exchange.v1.ExchangeService/${method}`,
          same,
          same,
          bytes,
          deadline,
          (error) => resolve(error?.code ?? status.OK),
        );
      });
    const { ssin } = world.person(WELFARE);
    const consultBytes = Buffer.from(
      ConsultRequest.encode(signedRequest(consult(ssin), world.certificate(WELFARE))).finish(),
    );
    const reportBytes = Buffer.from(
      ReportMutationRequest.encode(
        ReportMutationRequest.fromPartial({
          requestId: newRequestId(),
          ssin,
          dataService: WAGES,
          sourceRevision: 1n,
          data: { a: [1, { b: null }] },
        }),
      ).finish(),
    );
    const mutated = (bytes: Buffer) =>
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }).map((changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const bytes = (sample: Buffer) =>
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((noise) => Buffer.from(noise)),
        mutated(sample),
        fc.nat(sample.length).map((length) => sample.subarray(0, length)),
      );
    const call = fc.oneof(
      fc.record({ method: fc.constant('Consult'), body: bytes(consultBytes) }),
      fc.record({ method: fc.constant('ReportMutation'), body: bytes(reportBytes) }),
    );
    const bad = new Set([status.INTERNAL, status.UNKNOWN, status.DEADLINE_EXCEEDED, status.UNAVAILABLE]);
    await fc.assert(
      fc.asyncProperty(call, async ({ method, body }) => {
        const code = await codeOf(method, body);
        expect(bad.has(code) ? status[code] : 'told').toBe('told');
      }),
      { numRuns: 500 },
    );
    raw.close();
    expect((await welfare.consult(consult(ssin))).results).toHaveLength(1);
  }, 120_000);
});
