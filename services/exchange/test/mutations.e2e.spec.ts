import type { ReportMutationRequest } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ALL_RIGHTS, spkiHash, TestMesh } from '@crossroads/testing/mesh';
import { type ExchangeClient, EMPLOYMENT, FUND, WAGES, WELFARE, World } from './world.js';

const reasonOf = async (call: Promise<unknown>): Promise<string> => (await refusalOf(call)).reason;

describe('reporting a mutation', () => {
  let mesh: TestMesh;
  let world: World;
  let port: number;
  let employment: ExchangeClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    world = await World.create(mesh);
    const exchange = await world.exchange();
    port = exchange.port;
    employment = world.client(port, EMPLOYMENT);
  });
  afterAll(() => mesh.stop());

  const report = (ssin: string, more: Partial<ReportMutationRequest> = {}): ReportMutationRequest => ({
    requestId: newRequestId(),
    reporter: '',
    ssin,
    dataService: WAGES,
    sourceRevision: 8n,
    changedFieldGroups: ['amount'],
    data: { wages: [{ amount: '2600.00' }] },
    effectiveDate: { year: 2026, month: 3, day: 1 },
    ...more,
  });

  it('stores a repeated report once, and accepts no gap between revisions', async () => {
    const { ssin } = world.person(EMPLOYMENT);
    const first = report(ssin);
    const kept = await employment.reportMutation(first);
    expect(await employment.reportMutation(first)).toEqual(kept);
    expect(await refusalOf(employment.reportMutation({ ...first, sourceRevision: 9n }))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
    expect(await refusalOf(employment.reportMutation(report(ssin)))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'SOURCE_REVISION_OLD',
      metadata: { expected: '9' },
    });
    expect(await refusalOf(employment.reportMutation(report(ssin, { sourceRevision: 10n })))).toMatchObject({
      reason: 'SOURCE_REVISION_GAP',
      metadata: { expected: '9' },
    });
    expect(await employment.reportMutation(report(ssin, { sourceRevision: 9n }))).toMatchObject({ sourceRevision: 9n });
  });

  const wrong: readonly (readonly [string, Partial<ReportMutationRequest>, string])[] = [
    [
      'a field of another group',
      { data: { wages: [{ amount: '1.00', quarter: '2026-1' }] } },
      'NOT_IN_CHANGED_FIELD_GROUPS',
    ],
    ['a field of no group', { data: { wages: [{ amount: '1.00' }], note: 'x' } }, 'NOT_IN_CHANGED_FIELD_GROUPS'],
    ['a value that breaks the schema', { data: { wages: [{ amount: 'much' }] } }, 'SCHEMA'],
    ['an element without what its group requires', { data: { wages: [{}] } }, 'SCHEMA'],
    ['no data', { data: undefined }, 'REQUIRED'],
    ['an unknown group', { changedFieldGroups: ['salary'] }, 'UNKNOWN_FIELD_GROUP'],
    ['a group twice', { changedFieldGroups: ['amount', 'amount'] }, 'DUPLICATE'],
    ['no group', { changedFieldGroups: [] }, 'REQUIRED'],
    ['no revision', { sourceRevision: 0n }, 'INVALID_SOURCE_REVISION'],
    ['a negative revision', { sourceRevision: -1n }, 'INVALID_SOURCE_REVISION'],
    ['no such day', { effectiveDate: { year: 2026, month: 2, day: 30 } }, 'INVALID_DATE'],
    ['no day', { effectiveDate: undefined }, 'REQUIRED'],
    ['a wrong check number', { ssin: '80610100100' }, 'SSIN_CHECKSUM'],
    ['a wrong reporter', { reporter: '0207000000' }, 'ENTERPRISE_NUMBER_CHECKSUM'],
  ];
  it.each(wrong)('is refused: %s', async (_what, more, rule) => {
    const error = await refusalOf(employment.reportMutation(report(world.person(EMPLOYMENT).ssin, more)));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'INVALID_INPUT', metadata: { rule } });
    expect(error.violations[0]?.reason).toBe(rule);
  });

  it('is refused to an application whose right is for other groups, although its institution reports these', async () => {
    const tls = await mesh.applicationCertificate(EMPLOYMENT, { application: 'narrow' });
    const application = { ...ALL_RIGHTS, enterpriseNumber: EMPLOYMENT, name: 'narrow', spkiHashes: [spkiHash(tls)] };
    mesh.policy.put({ $case: 'application', value: { ...application, rights: [`report:${WAGES}:employer`] } });
    const narrow = world.client(port, tls);
    await eventually(
      () => reasonOf(narrow.reportMutation(report(world.person(EMPLOYMENT).ssin))),
      (reason) => reason === 'RIGHT_MISSING',
    );
    mesh.policy.put({ $case: 'application', value: { ...application, rights: ['consult'] } });
    await eventually(
      () =>
        reasonOf(narrow.reportMutation(report(world.person(EMPLOYMENT).ssin, { changedFieldGroups: ['employer'] }))),
      (reason) => reason === 'RIGHT_MISSING',
    );
  });

  const denied: readonly (readonly [string, string, Partial<ReportMutationRequest>, string])[] = [
    ['of a group that is another’s', EMPLOYMENT, { changedFieldGroups: ['quarter'] }, 'NOT_A_REPORTER'],
    ['by who reports nothing', FUND, {}, 'NOT_A_REPORTER'],
    ['for another', FUND, { reporter: EMPLOYMENT }, 'NOT_REPRESENTED'],
    ['of an unknown data service', EMPLOYMENT, { dataService: 'nothing.v1' }, 'UNKNOWN_DATA_SERVICE'],
    ['of what the registry reports', EMPLOYMENT, { dataService: 'person.identification.v1' }, 'REPORTED_BY_REGISTRY'],
    ['for nobody known', EMPLOYMENT, { reporter: '0202239951' }, 'UNKNOWN_INSTITUTION'],
  ];
  it.each(denied)('is denied: %s', async (_what, by, more, reason) => {
    const client = world.client(port, by);
    const error = await refusalOf(client.reportMutation(report(world.person().ssin, more)));
    expect(error).toMatchObject({ code: status.PERMISSION_DENIED, reason });
  });

  it('is refused for a number that is not in use', async () => {
    const person = world.person();
    world.directory.put(person, [[EMPLOYMENT, 'PCSA:LIVING_WAGE']], { state: 3 });
    expect(await refusalOf(employment.reportMutation(report(person.ssin)))).toMatchObject({ reason: 'REPLACED_SSIN' });
  });

  it('is refused about a person on whom the reporter has no file', async () => {
    const { ssin } = world.person(WELFARE);
    expect(await refusalOf(employment.reportMutation(report(ssin)))).toMatchObject({ reason: 'PERSON_NOT_AVAILABLE' });
  });
});
