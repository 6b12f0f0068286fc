import { RemoteError } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { badRequests } from './bad-requests.js';
import {
  application,
  granting,
  group,
  id,
  institution,
  keys,
  provider,
  register,
  supplier,
  terms,
  uuid,
  withdraw,
} from './calls.js';
import { registerWages, watching } from './requests.js';
import { numbers, outcomeOf, RunningAuthorization } from './running-authorization.js';

describe('authorization refuses', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
  });
  afterAll(() => authorization.close());

  it.each(badRequests)('%s', async (_, call, field, rule) => {
    const error: unknown = await call(authorization.as('administrator')).catch((thrown: unknown) => thrown);
    if (!(error instanceof RemoteError)) throw new Error('it was accepted, or failed otherwise', { cause: error });
    expect({
      code: error.code,
      reason: error.reason,
      field: error.violations[0]?.field,
      rule: error.violations[0]?.reason,
    }).toEqual({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_INPUT',
      field,
      rule,
    });
  });

  it('names all that is wrong at once', async () => {
    const error: unknown = await authorization
      .as('administrator')
      .registerInstitution({ requestId: 'x', institution: { ...institution, name: '', enterpriseNumber: '1' } })
      .catch((thrown: unknown) => thrown);
    const fields = error instanceof RemoteError ? error.violations.map(({ field }) => field) : [];
    expect(fields).toEqual(['request_id', 'institution.enterprise_number', 'institution.name']);
    const unserved: unknown = await provider({ serverSpkiHashes: [], apiVersions: [] })(
      authorization.as('administrator'),
    ).catch((thrown: unknown) => thrown);
    expect(unserved instanceof RemoteError ? unserved.violations.map(({ field }) => field) : []).toEqual([
      'document_provider.server_spki_hashes',
      'document_provider.api_versions',
    ]);
  });

  it('what is well formed but not so, with the reason', async () => {
    const administrator = authorization.as('administrator');
    const spkiHashes = [authorization.spki('welfareOffice')];
    const notFound = { requestId: id(), deliberationId: uuid, approve: true, reason: 'x' };
    expect(await outcomeOf(withdraw({})(administrator))).toBe('KEY_NOT_FOUND');
    for (const days of [-1, 401])
      expect(await outcomeOf(keys({ notAfter: new Date(Date.now() + days * 86_400_000) })(administrator))).toBe(
        'END_OUT_OF_RANGE',
      );
    expect(await outcomeOf(keys({ name: 'other', spkiHashes })(administrator))).toBe('KEY_OF_ANOTHER_APPLICATION');
    expect(
      await outcomeOf(
        administrator.registerApplication({
          requestId: id(),
          application: { ...application, enterpriseNumber: unknownNumber },
        }),
      ),
    ).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(register({ represents: [unknownNumber] })(administrator))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(supplier({ source: unknownNumber })(administrator))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(provider({ enterpriseNumber: unknownNumber })(administrator))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(group({})(administrator))).toBe('DATA_SERVICE_INCOMPATIBLE');
    expect(await outcomeOf(granting({ dataService: 'nothing.v1' })(administrator))).toBe('UNKNOWN_DATA_SERVICE');
    expect(await outcomeOf(granting({ fieldGroups: ['x'] })(administrator))).toBe('UNKNOWN_FIELD_GROUP');
    const dataService = { kind: TermKind.TERM_KIND_DATA_SERVICE, name: 'nothing.v1' };
    const fieldGroup = { kind: TermKind.TERM_KIND_FIELD_GROUP, name: 'employment.wages.v1/x' };
    expect(await outcomeOf(terms({}, dataService)(administrator))).toBe('UNKNOWN_DATA_SERVICE');
    expect(await outcomeOf(terms({}, { ...fieldGroup, name: 'nothing.v1/x' })(administrator))).toBe(
      'UNKNOWN_DATA_SERVICE',
    );
    expect(await outcomeOf(terms({}, fieldGroup)(administrator))).toBe('UNKNOWN_FIELD_GROUP');
    expect(await outcomeOf(authorization.as('committee').decideDeliberation(notFound))).toBe('DELIBERATION_NOT_FOUND');
    expect(await outcomeOf(administrator.getDeliberation({ deliberationId: uuid }))).toBe('DELIBERATION_NOT_FOUND');
    const own = { ...institution, enterpriseNumber: numbers.administrator };
    expect(await outcomeOf(administrator.registerInstitution({ requestId: id(), institution: own }))).toBe(
      'LAST_ADMINISTRATOR',
    );
    const watcher = authorization.as('exchange').watch(watching(-1n))[Symbol.asyncIterator]();
    expect(await outcomeOf(watcher.next())).toBe('INVALID_INPUT');
    for (const bytes of [0, 31]) {
      const confirm = { policyRevision: 1n, policyHash: Buffer.alloc(bytes) };
      expect(await outcomeOf(authorization.as('exchange').confirmPolicy(confirm))).toBe('INVALID_INPUT');
    }
    const fork = { requestId: id(), policyRevision: 1n };
    expect(await outcomeOf(administrator.acceptPolicyFork(fork))).toBe('NO_POLICY_FORK');
  });
});

/** Right in itself, and nobody's here. */
const unknownNumber = withCbeCheck('02999999');
