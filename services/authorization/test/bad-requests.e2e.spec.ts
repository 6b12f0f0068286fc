import type { DataService, Deliberation, Grant } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withCbeCheck } from '@crossroads/identifiers';
import fc from 'fast-check';
import { draft, grant, question, registerWages, wages } from './requests.js';
import { numbers, outcomeOf, RunningAuthorization } from './running-authorization.js';

type Rpcs = ReturnType<RunningAuthorization['as']>;
type Bad = readonly [what: string, call: (rpcs: Rpcs) => Promise<unknown>, field: string, rule: string];

const id = newRequestId;
const institution = { enterpriseNumber: numbers.welfareOffice, name: 'Welfare', roles: [], represents: [], officialKeys: [] };
const hash = 'A'.repeat(43);
const application = { enterpriseNumber: numbers.welfareOffice, name: 'desk', spkiHashes: [hash] };
const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
const uuid = '018f4f4c-0000-4000-8000-000000000000';
const wrongCheck = `${numbers.welfareOffice.slice(0, 9)}${(Number(numbers.welfareOffice[9]) + 1) % 10}`;

const register = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerInstitution({ requestId: id(), institution: { ...institution, ...change } });
const key = (change: object) => register({ officialKeys: [{ kid: 'k', jwk, ...change }] });
const keys = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerApplication({ requestId: id(), application: { ...application, ...change } });
const withdraw = (change: object) => (rpcs: Rpcs) =>
  rpcs.withdrawKey({ requestId: id(), enterpriseNumber: numbers.welfareOffice, application: 'desk', spkiHash: hash, ...change });
const service = (change: Partial<DataService>) => (rpcs: Rpcs) =>
  rpcs.registerDataService({ requestId: id(), dataService: { ...wages, ...change } });
const group = (change: object) => service({ fieldGroups: [{ name: 'g', paths: ['a'], ...change }], reporters: [] });
const supplier = (change: object) => service({ supplier: { source: numbers.employmentOffice, address: 'h:1', deadlineMs: 0, ...change } });
const provider = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerSignInProvider({ requestId: id(), signInProvider: { issuer: 'https://x.test', keys: [{ kid: 'k', jwk }], ...change } });
const submit = (change: Partial<Deliberation>) => (rpcs: Rpcs) =>
  rpcs.submitDeliberation({ requestId: id(), deliberation: { ...draft, ...change } });
const granting = (change: Partial<Grant>) => submit({ grants: [grant, { ...grant, ...change }] });
const date = (year: number, month: number, day: number) => ({ year, month, day });
const decide = (change: object) => (rpcs: Rpcs) =>
  rpcs.decideDeliberation({ requestId: id(), deliberationId: uuid, approve: false, reason: 'x', ...change });
const revoke = (change: object) => (rpcs: Rpcs) =>
  rpcs.revokeDeliberation({ requestId: id(), deliberationId: uuid, reason: 'x', ...change });
const check = (change: object) => (rpcs: Rpcs) => rpcs.check({ ...question, ...change });

const bad: readonly Bad[] = [
  ['no request id', (rpcs) => rpcs.registerInstitution({ requestId: '', institution }), 'request_id', 'REQUIRED'],
  ['a request id of another version', (rpcs) => rpcs.registerInstitution({ requestId: uuid, institution }), 'request_id', 'MALFORMED_REQUEST_ID'],
  ['an old request id', (rpcs) => rpcs.registerInstitution({ requestId: newRequestId(Date.now() - 36 * 86_400_000), institution }), 'request_id', 'REQUEST_ID_TOO_OLD'],
  ['a request id of tomorrow', (rpcs) => rpcs.registerInstitution({ requestId: newRequestId(Date.now() + 86_400_000), institution }), 'request_id', 'REQUEST_ID_IN_FUTURE'],

  ['no institution', (rpcs) => rpcs.registerInstitution({ requestId: id(), institution: undefined }), 'institution', 'REQUIRED'],
  ['no number', register({ enterpriseNumber: '' }), 'institution.enterprise_number', 'REQUIRED'],
  ['a short number', register({ enterpriseNumber: '203000301' }), 'institution.enterprise_number', 'ENTERPRISE_NUMBER_MALFORMED'],
  ['a wrong check', register({ enterpriseNumber: wrongCheck }), 'institution.enterprise_number', 'ENTERPRISE_NUMBER_CHECKSUM'],
  ['an establishment', register({ enterpriseNumber: '2000000009' }), 'institution.enterprise_number', 'ENTERPRISE_NUMBER_MALFORMED'],
  ['no name', register({ name: ' ' }), 'institution.name', 'REQUIRED'],
  ['a long name', register({ name: 'x'.repeat(201) }), 'institution.name', 'TOO_LONG'],
  ['a control character', register({ name: 'a\u0000b' }), 'institution.name', 'UNPRINTABLE'],
  ['an SSIN for a name', register({ name: 'file of 85073003328' }), 'institution.name', 'LOOKS_LIKE_AN_SSIN'],
  ['no role', register({ roles: [0] }), 'institution.roles[0]', 'UNKNOWN_ROLE'],
  ['an unknown role', register({ roles: [1, 77] }), 'institution.roles[1]', 'UNKNOWN_ROLE'],
  ['a role twice', register({ roles: [1, 1] }), 'institution.roles[1]', 'TWICE'],
  ['a wrong number represented', register({ represents: ['1'] }), 'institution.represents[0]', 'ENTERPRISE_NUMBER_MALFORMED'],
  ['a number represented twice', register({ represents: [numbers.committee, numbers.committee] }), 'institution.represents[1]', 'TWICE'],
  ['a key without id', key({ kid: '' }), 'institution.official_keys[0].kid', 'REQUIRED'],
  ['a key without key', key({ jwk: undefined }), 'institution.official_keys[0].jwk', 'REQUIRED'],
  ['a private key', key({ jwk: { ...jwk, d: 'secret' } }), 'institution.official_keys[0].jwk', 'PRIVATE_KEY'],
  ['a symmetric key', key({ jwk: { kty: 'oct', k: 'secret' } }), 'institution.official_keys[0].jwk', 'PRIVATE_KEY'],
  ['an RSA key', key({ jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }), 'institution.official_keys[0].jwk', 'UNSUPPORTED_KEY'],
  ['another curve', key({ jwk: { kty: 'EC', crv: 'P-384', x: 'a', y: 'b' } }), 'institution.official_keys[0].jwk', 'UNSUPPORTED_KEY'],
  ['a key for alg none', key({ jwk: { ...jwk, alg: 'none' } }), 'institution.official_keys[0].jwk', 'UNSUPPORTED_KEY'],
  ['a coordinate with anything in it', key({ jwk: { ...jwk, x: `${jwk.x.slice(0, 42)}\u0000` } }), 'institution.official_keys[0].jwk', 'UNSUPPORTED_KEY'],
  ['no point of the curve', key({ jwk: { kty: 'EC', crv: 'P-256', x: hash, y: hash } }), 'institution.official_keys[0].jwk', 'NOT_A_KEY'],

  ['no application', (rpcs) => rpcs.registerApplication({ requestId: id(), application: undefined }), 'application', 'REQUIRED'],
  ['an application name', keys({ name: 'My Desk' }), 'application.name', 'MALFORMED_NAME'],
  ['no key', keys({ spkiHashes: [] }), 'application.spki_hashes', 'REQUIRED'],
  ['a short hash', keys({ spkiHashes: ['A'.repeat(42)] }), 'application.spki_hashes[0]', 'MALFORMED_SPKI_HASH'],
  ['a hash in hexadecimal', keys({ spkiHashes: ['0'.repeat(64)] }), 'application.spki_hashes[0]', 'MALFORMED_SPKI_HASH'],
  ['padding', keys({ spkiHashes: [`${hash}=`] }), 'application.spki_hashes[0]', 'MALFORMED_SPKI_HASH'],
  ['a hash twice', keys({ spkiHashes: [hash, hash] }), 'application.spki_hashes[1]', 'TWICE'],
  ['many hashes', keys({ spkiHashes: Array.from({ length: 21 }, () => hash) }), 'application.spki_hashes', 'TOO_MANY'],
  ['a withdrawal without number', withdraw({ enterpriseNumber: '' }), 'enterprise_number', 'REQUIRED'],
  ['a withdrawal without application', withdraw({ application: '' }), 'application', 'REQUIRED'],
  ['a withdrawal without key', withdraw({ spkiHash: '' }), 'spki_hash', 'REQUIRED'],

  ['no data service', (rpcs) => rpcs.registerDataService({ requestId: id(), dataService: undefined }), 'data_service', 'REQUIRED'],
  ['a name without version', service({ dataService: 'employment.wages' }), 'data_service.data_service', 'MALFORMED_DATA_SERVICE'],
  ['a name with version 0', service({ dataService: 'employment.wages.v0' }), 'data_service.data_service', 'MALFORMED_DATA_SERVICE'],
  ['no title', service({ title: '' }), 'data_service.title', 'REQUIRED'],
  ['no schema', service({ jsonSchema: undefined }), 'data_service.json_schema', 'REQUIRED'],
  ['a schema that does not compile', service({ jsonSchema: { type: 'object', properties: { a: { type: 'text' } } } }), 'data_service.json_schema.properties.a.type', 'INVALID_SCHEMA'],
  ['a schema of itself', service({ jsonSchema: { type: 'object', allOf: [{ $ref: '#' }] } }), 'data_service.json_schema.allOf.0.$ref', 'SCHEMA_RECURSIVE'],
  ['a costly pattern', service({ jsonSchema: { type: 'object', properties: { a: { pattern: '^(a+)+$' } } } }), 'data_service.json_schema.properties.a.pattern', 'PATTERN_TOO_COSTLY'],
  ['a schema that cannot be kept', service({ jsonSchema: { type: 'object', description: 'a\u0000' } }), 'data_service.json_schema', 'NOT_JSON'],
  ['no field group', service({ fieldGroups: [], reporters: [] }), 'data_service.field_groups', 'REQUIRED'],
  ['a group without name', group({ name: '' }), 'data_service.field_groups[0].name', 'REQUIRED'],
  ['a group with a space', group({ name: 'a b' }), 'data_service.field_groups[0].name', 'MALFORMED_FIELD_GROUP'],
  ['a group without path', group({ paths: [] }), 'data_service.field_groups[0].paths', 'REQUIRED'],
  ['an empty path', group({ paths: [''] }), 'data_service.field_groups[0].paths[0]', 'MALFORMED_PATH'],
  ['a path of JSONPath', group({ paths: ['$.wages[*]'] }), 'data_service.field_groups[0].paths[0]', 'MALFORMED_PATH'],
  ['a path of a prototype', group({ paths: ['a.__proto__'] }), 'data_service.field_groups[0].paths[0]', 'MALFORMED_PATH'],
  ['a group twice', service({ fieldGroups: [{ name: 'g', paths: ['a'] }, { name: 'g', paths: ['b'] }], reporters: [] }), 'data_service.field_groups[1]', 'TWICE'],
  ['no supplier', service({ supplier: undefined }), 'data_service.supplier', 'REQUIRED'],
  ['a supplier without source', supplier({ source: '' }), 'data_service.supplier.source', 'REQUIRED'],
  ['a service without name', supplier({ source: 'service:' }), 'data_service.supplier.source', 'MALFORMED_SOURCE'],
  ['an address without port', supplier({ address: 'host' }), 'data_service.supplier.address', 'MALFORMED_ADDRESS'],
  ['a deadline in the past', supplier({ deadlineMs: -1 }), 'data_service.supplier.deadline_ms', 'INVALID_DEADLINE'],
  ['a reporter of another group', service({ reporters: [{ enterpriseNumber: numbers.employmentOffice, fieldGroups: ['x'] }] }), 'data_service.reporters[0].field_groups[0]', 'UNKNOWN_FIELD_GROUP'],

  ['no provider', (rpcs) => rpcs.registerSignInProvider({ requestId: id(), signInProvider: undefined }), 'sign_in_provider', 'REQUIRED'],
  ['no issuer', provider({ issuer: '' }), 'sign_in_provider.issuer', 'REQUIRED'],
  ['an issuer that is no URL', provider({ issuer: 'me' }), 'sign_in_provider.issuer', 'MALFORMED_ISSUER'],
  ['a provider without keys', provider({ keys: [] }), 'sign_in_provider.keys', 'REQUIRED'],
  ['a key id twice', provider({ keys: [{ kid: 'k', jwk }, { kid: 'k', jwk }] }), 'sign_in_provider.keys[1]', 'TWICE'],

  ['no draft', (rpcs) => rpcs.submitDeliberation({ requestId: id(), deliberation: undefined }), 'deliberation', 'REQUIRED'],
  ['no reference', submit({ reference: '' }), 'deliberation.reference', 'REQUIRED'],
  ['no title of it', submit({ title: '' }), 'deliberation.title', 'REQUIRED'],
  ['a wrong recipient', submit({ recipient: wrongCheck }), 'deliberation.recipient', 'ENTERPRISE_NUMBER_CHECKSUM'],
  ['no grant', submit({ grants: [] }), 'deliberation.grants', 'REQUIRED'],
  ['many grants', submit({ grants: Array.from({ length: 101 }, () => grant) }), 'deliberation.grants', 'TOO_MANY'],
  ['a grant of nothing', granting({ dataService: '' }), 'deliberation.grants[1].data_service', 'REQUIRED'],
  ['a grant of no group', granting({ fieldGroups: [] }), 'deliberation.grants[1].field_groups', 'REQUIRED'],
  ['no legal context', granting({ legalContexts: [] }), 'deliberation.grants[1].legal_contexts', 'REQUIRED'],
  ['a malformed legal context', granting({ legalContexts: ['social inquiry'] }), 'deliberation.grants[1].legal_contexts[0]', 'MALFORMED_CONTEXT'],
  ['no inscription context', granting({ inscriptionContexts: [] }), 'deliberation.grants[1].inscription_contexts', 'REQUIRED'],
  ['an impossible day', granting({ validity: { startDate: date(2026, 2, 30), endDate: undefined } }), 'deliberation.grants[1].validity.start_date', 'INVALID_DATE'],
  ['an incomplete day', granting({ validity: { startDate: date(2026, 0, 0), endDate: undefined } }), 'deliberation.grants[1].validity.start_date', 'INVALID_DATE'],
  ['an end before the beginning', granting({ validity: { startDate: date(2026, 2, 2), endDate: date(2026, 2, 1) } }), 'deliberation.grants[1].validity.end_date', 'INVALID_PERIOD'],
  ['neither online nor by subscription', granting({ online: false, subscription: false }), 'deliberation.grants[1].online', 'REQUIRED'],

  ['a deliberation without id', decide({ deliberationId: '' }), 'deliberation_id', 'REQUIRED'],
  ['a malformed id', decide({ deliberationId: 'd1' }), 'deliberation_id', 'MALFORMED_UUID'],
  ['a refusal without reason', decide({ reason: '' }), 'reason', 'REQUIRED'],
  ['a long reason', decide({ reason: 'x'.repeat(2_001) }), 'reason', 'TOO_LONG'],
  ['a revocation without reason', revoke({ reason: '' }), 'reason', 'REQUIRED'],
  ['a revocation of a malformed id', revoke({ deliberationId: 'x' }), 'deliberation_id', 'MALFORMED_UUID'],
  ['nothing to get', (rpcs) => rpcs.getDeliberation({ deliberationId: '' }), 'deliberation_id', 'REQUIRED'],
  ['a negative page', (rpcs) => rpcs.listDeliberations({ recipient: '', pageSize: -1, pageToken: '' }), 'page_size', 'INVALID_PAGE_SIZE'],
  ['a made-up page token', (rpcs) => rpcs.listDeliberations({ recipient: '', pageSize: 1, pageToken: 'AAAA' }), 'page_token', 'INVALID_PAGE_TOKEN'],
  ['a wrong recipient to list', (rpcs) => rpcs.listDeliberations({ recipient: '1', pageSize: 1, pageToken: '' }), 'recipient', 'ENTERPRISE_NUMBER_MALFORMED'],
  ['a made-up page token of services', (rpcs) => rpcs.listDataServices({ pageSize: 1, pageToken: '!' }), 'page_token', 'INVALID_PAGE_TOKEN'],
  ['a check without customer', check({ customer: '' }), 'customer', 'REQUIRED'],
  ['a check without data service', check({ dataService: '' }), 'data_service', 'REQUIRED'],
  ['a check without legal context', check({ legalContext: '' }), 'legal_context', 'REQUIRED'],
  ['a check of a malformed group', check({ fieldGroups: ['A B'] }), 'field_groups[0]', 'MALFORMED_FIELD_GROUP'],
  ['a check of a malformed inscription', check({ inscriptionContexts: ['x'] }), 'inscription_contexts[0]', 'MALFORMED_CONTEXT'],
  ['a check on no day', check({ date: date(2026, 13, 1) }), 'date', 'INVALID_DATE'],
];

describe('authorization refuses', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
  });
  afterAll(() => authorization.close());

  it.each(bad)('%s', async (_, call, field, rule) => {
    const error: unknown = await call(authorization.as('administrator')).catch((thrown: unknown) => thrown);
    if (!(error instanceof RemoteError)) throw error ?? new Error('it was accepted');
    expect({ code: error.code, reason: error.reason, field: error.violations[0]?.field, rule: error.violations[0]?.reason }).toEqual({
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
  });

  it('what is well formed but not so, with the reason', async () => {
    const administrator = authorization.as('administrator');
    const spkiHashes = [await authorization.spki('welfareOffice')];
    const notFound = { requestId: id(), deliberationId: uuid, approve: true, reason: 'x' };
    expect(await outcomeOf(withdraw({})(administrator))).toBe('KEY_NOT_FOUND');
    expect(await outcomeOf(keys({ name: 'other', spkiHashes })(administrator))).toBe('KEY_OF_ANOTHER_APPLICATION');
    expect(await outcomeOf(administrator.registerApplication({ requestId: id(), application: { ...application, enterpriseNumber: unknownNumber } }))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(register({ represents: [unknownNumber] })(administrator))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(supplier({ source: unknownNumber })(administrator))).toBe('UNKNOWN_INSTITUTION');
    expect(await outcomeOf(group({})(administrator))).toBe('DATA_SERVICE_INCOMPATIBLE');
    expect(await outcomeOf(granting({ dataService: 'nothing.v1' })(administrator))).toBe('UNKNOWN_DATA_SERVICE');
    expect(await outcomeOf(granting({ fieldGroups: ['x'] })(administrator))).toBe('UNKNOWN_FIELD_GROUP');
    expect(await outcomeOf(authorization.as('committee').decideDeliberation(notFound))).toBe('DELIBERATION_NOT_FOUND');
    expect(await outcomeOf(administrator.getDeliberation({ deliberationId: uuid }))).toBe('DELIBERATION_NOT_FOUND');
    const own = { ...institution, enterpriseNumber: numbers.administrator };
    expect(await outcomeOf(administrator.registerInstitution({ requestId: id(), institution: own }))).toBe('LAST_ADMINISTRATOR');
    const watching = authorization.as('exchange').watch({ fromRevision: -1n })[Symbol.asyncIterator]();
    expect(await outcomeOf(watching.next())).toBe('INVALID_INPUT');
  });

  it('whatever is sent, without falling over', async () => {
    const administrator = authorization.as('administrator');
    const text = fc.oneof(fc.string(), fc.constantFrom('', numbers.welfareOffice, wages.dataService, 'PCSA:SOCIAL_INQUIRY', '__proto__'));
    const json = fc.dictionary(fc.oneof(fc.constantFrom('type', 'properties', '$ref', 'pattern', 'items', 'allOf', 'enum'), text), fc.jsonValue());
    const texts = fc.array(text, { maxLength: 4 });
    const number = fc.integer({ min: -2, max: 40_000 });
    const day = fc.option(fc.record({ year: number, month: number, day: number }), { nil: undefined });
    const requestId = fc.constantFrom('', 'x').map((wrong) => (Math.random() < 0.8 ? id() : wrong));
    const anyGrant = fc.record({
      dataService: text, fieldGroups: texts, legalContexts: texts, inscriptionContexts: texts,
      validity: fc.option(fc.record({ startDate: day, endDate: day }), { nil: undefined }), online: fc.boolean(), subscription: fc.boolean(),
    });
    const groups = fc.array(fc.record({ name: text, paths: texts }), { maxLength: 3 });
    const calls = fc.oneof(
      fc.record({ requestId, institution: fc.record({ enterpriseNumber: text, name: text, roles: fc.array(number), represents: texts, officialKeys: fc.array(fc.record({ kid: text, jwk: json }), { maxLength: 2 }) }) })
        .map((request) => () => administrator.registerInstitution(request)),
      fc.record({ requestId, application: fc.record({ enterpriseNumber: text, name: text, spkiHashes: texts }) })
        .map((request) => () => administrator.registerApplication(request)),
      fc.record({ requestId, dataService: fc.record({ dataService: text, title: text, jsonSchema: json, fieldGroups: groups, supplier: fc.record({ source: text, address: text, deadlineMs: number }), reporters: fc.array(fc.record({ enterpriseNumber: text, fieldGroups: texts }), { maxLength: 2 }) }) })
        .map((request) => () => administrator.registerDataService(request)),
      fc.record({ requestId, reference: text, title: text, recipient: text, grants: fc.array(anyGrant, { maxLength: 3 }) })
        .map(({ requestId, ...rest }) => () => administrator.submitDeliberation({ requestId, deliberation: { ...draft, ...rest } })),
      fc.record({ customer: text, dataService: text, fieldGroups: texts, legalContext: text, inscriptionContexts: texts, subscription: fc.boolean(), date: day })
        .map((request) => () => administrator.check(request)),
      fc.record({ recipient: text, pageSize: number, pageToken: text }).map((request) => () => administrator.listDeliberations(request)),
    );
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        if (error instanceof RemoteError) expect([status.INTERNAL, status.UNKNOWN, status.UNAVAILABLE]).not.toContain(error.code);
      }),
      { numRuns: 500 },
    );
    expect(await outcomeOf(administrator.listDataServices({ pageSize: 0, pageToken: '' }))).toBe('OK');
    expect(authorization.output).not.toContain('"level":"error"');
  });
});

/** Right in itself, and nobody's here. */
const unknownNumber = withCbeCheck('02999999');
