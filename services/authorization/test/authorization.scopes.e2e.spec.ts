import type { DocumentProvider } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  approved,
  decide,
  documentProvider,
  draft,
  question,
  registerWages,
  revoke,
  submit,
  term,
  wages,
  watching,
} from './requests.js';
import { REGISTRATION, numbers, outcomeOf, RunningAuthorization } from './running-authorization.js';

/** Who may call what; each refusal with its reason. */
describe('authorization, by caller', () => {
  let authorization: RunningAuthorization;
  let submitted: string;
  let decided: string;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
    submitted = (await submit(authorization)).deliberationId;
    decided = await approved(authorization);
    await authorization.issue('unregisteredKey', numbers.welfareOffice);
    await authorization.issue('otherApplication', numbers.welfareOffice, { application: 'other' });
    await authorization.issue('expired', numbers.welfareOffice, { notAfter: new Date(Date.now() - 60_000) });
    await authorization.issueByStranger('otherAuthority', numbers.welfareOffice);
  });
  afterAll(() => authorization.close());

  type Rpcs = ReturnType<RunningAuthorization['as']>;
  const requestId = newRequestId;
  const institution = {
    enterpriseNumber: numbers.employmentOffice,
    name: 'x',
    roles: [],
    represents: [],
    acceptedBy: [],
    officialKeys: [],
  };
  const hash = `${'A'.repeat(42)}A`;
  const application = { ...REGISTRATION, enterpriseNumber: numbers.employmentOffice, name: 'desk', spkiHashes: [hash] };
  const key = { kid: 'k', jwk: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } };
  const calls: Readonly<Record<string, (rpcs: Rpcs) => Promise<unknown>>> = {
    registerInstitution: (rpcs) => rpcs.registerInstitution({ requestId: requestId(), institution }),
    acceptRepresentation: (rpcs) =>
      rpcs.acceptRepresentation({ requestId: requestId(), representative: numbers.employmentOffice }),
    withdrawRepresentation: (rpcs) =>
      rpcs.withdrawRepresentation({
        requestId: requestId(),
        representative: numbers.employmentOffice,
        represented: numbers.committee,
      }),
    registerApplication: (rpcs) => rpcs.registerApplication({ requestId: requestId(), application }),
    withdrawKey: (rpcs) =>
      rpcs.withdrawKey({
        requestId: requestId(),
        enterpriseNumber: numbers.employmentOffice,
        application: 'desk',
        spkiHash: hash,
      }),
    registerDataService: (rpcs) => rpcs.registerDataService({ requestId: requestId(), dataService: wages }),
    registerSignInProvider: (rpcs) =>
      rpcs.registerSignInProvider({
        requestId: requestId(),
        signInProvider: { issuer: 'https://signin.test', keys: [key], acceptedAcr: ['high'] },
      }),
    registerDocumentProvider: (rpcs) => rpcs.registerDocumentProvider({ requestId: requestId(), documentProvider }),
    registerTerms: (rpcs) => rpcs.registerTerms({ requestId: requestId(), terms: [term] }),
    grantInscriptions: (rpcs) =>
      rpcs.grantInscriptions({
        requestId: requestId(),
        inscriptionGrant: {
          enterpriseNumber: numbers.employmentOffice,
          inscriptionContexts: ['NEO:CONTROLLED_UNEMPLOYED'],
          earlierStarts: false,
          dailyPersons: undefined,
        },
      }),
    submitDeliberation: (rpcs) => rpcs.submitDeliberation({ requestId: requestId(), deliberation: draft }),
    getDeliberation: (rpcs) => rpcs.getDeliberation({ deliberationId: decided }),
    listDeliberations: (rpcs) => rpcs.listDeliberations({ recipient: '', pageSize: 0, pageToken: '' }),
    listDataServices: (rpcs) => rpcs.listDataServices({ pageSize: 0, pageToken: '' }),
    check: (rpcs) => rpcs.check(question),
    decideDeliberation: (rpcs) =>
      rpcs.decideDeliberation({ requestId: requestId(), deliberationId: submitted, approve: true, reason: 'yes' }),
    revokeDeliberation: (rpcs) =>
      rpcs.revokeDeliberation({ requestId: requestId(), deliberationId: decided, reason: 'no' }),
    watch: async (rpcs) => {
      for await (const message of rpcs.watch(watching(0n))) return message;
      return undefined;
    },
    confirmPolicy: (rpcs) => rpcs.confirmPolicy({ policyRevision: 0n, policyHash: Buffer.alloc(0) }),
    acceptPolicyFork: (rpcs) => rpcs.acceptPolicyFork({ requestId: requestId(), policyRevision: 1n }),
  };
  const forServices = { watch: 'CALLER_NOT_ALLOWED', confirmPolicy: 'CALLER_NOT_ALLOWED' };
  const outcomes = async (name: string) => {
    const rpcs = authorization.as(name);
    const answers: Record<string, string> = {};
    for (const [rpc, call] of Object.entries(calls)) answers[rpc] = await outcomeOf(call(rpcs));
    return answers;
  };
  const everything = (outcome: string) => Object.fromEntries(Object.keys(calls).map((rpc) => [rpc, outcome]));

  it.each(['unregisteredKey', 'otherApplication'])('rejects calls with the certificate %s', async (name) => {
    expect(await outcomes(name)).toEqual(everything('KEY_NOT_REGISTERED'));
  });

  it.each(['expired', 'otherAuthority'])('fails the handshake with the certificate %s', async (name) => {
    // TLS refuses: there is no status with details, UNAVAILABLE only.
    const rpcs = authorization.as(name, 1_000);
    expect(await outcomeOf(rpcs.check(question))).toMatch(/^code (14|4)$/);
  });

  it('allows services of the mesh to watch, and nothing else', async () => {
    expect(await outcomes('exchange')).toEqual({
      ...everything('CALLER_NOT_ALLOWED'),
      watch: 'OK',
      confirmPolicy: 'OK',
    });
    expect(await outcomes('stranger')).toEqual(everything('CALLER_NOT_ALLOWED'));
  });

  it('allows an institution what concerns itself', async () => {
    expect(await outcomes('welfareOffice')).toEqual({
      acceptPolicyFork: 'NOT_AN_ADMINISTRATOR',
      registerInstitution: 'NOT_AN_ADMINISTRATOR',
      acceptRepresentation: 'REPRESENTATION_NOT_FOUND',
      withdrawRepresentation: 'NOT_YOUR_REPRESENTATION',
      registerApplication: 'NOT_AN_ADMINISTRATOR',
      withdrawKey: 'NOT_YOUR_KEY',
      registerDataService: 'NOT_AN_ADMINISTRATOR',
      registerSignInProvider: 'NOT_AN_ADMINISTRATOR',
      registerDocumentProvider: 'NOT_AN_ADMINISTRATOR',
      registerTerms: 'NOT_AN_ADMINISTRATOR',
      submitDeliberation: 'OK',
      getDeliberation: 'OK',
      listDeliberations: 'OK',
      listDataServices: 'OK',
      check: 'OK',
      grantInscriptions: 'NOT_THE_COMMITTEE',
      decideDeliberation: 'NOT_THE_COMMITTEE',
      revokeDeliberation: 'NOT_THE_COMMITTEE',
      ...forServices,
    });
  });

  it('hides the deliberations of other institutions', async () => {
    const answers = await outcomes('employmentOffice');
    expect(answers).toMatchObject({
      submitDeliberation: 'NOT_THE_RECIPIENT',
      getDeliberation: 'DELIBERATION_NOT_FOUND',
      check: 'NOT_YOUR_INSTITUTION',
    });
    const { deliberations } = await authorization
      .as('employmentOffice')
      .listDeliberations({ recipient: numbers.welfareOffice, pageSize: 0, pageToken: '' });
    expect(deliberations).toEqual([]);
  });

  it('lets administrators register, submit for others and see all, but not decide', async () => {
    expect(await outcomes('administrator')).toEqual({
      ...everything('OK'),
      acceptPolicyFork: 'NO_POLICY_FORK',
      acceptRepresentation: 'REPRESENTATION_NOT_FOUND',
      withdrawRepresentation: 'REPRESENTATION_NOT_FOUND',
      grantInscriptions: 'NOT_THE_COMMITTEE',
      decideDeliberation: 'NOT_THE_COMMITTEE',
      revokeDeliberation: 'NOT_THE_COMMITTEE',
      ...forServices,
    });
  });

  it('lets the committee decide, revoke and see all, but not register', async () => {
    expect(await outcomes('committee')).toEqual({
      ...everything('OK'),
      acceptPolicyFork: 'NOT_AN_ADMINISTRATOR',
      registerInstitution: 'NOT_AN_ADMINISTRATOR',
      acceptRepresentation: 'REPRESENTATION_NOT_FOUND',
      withdrawRepresentation: 'REPRESENTATION_NOT_FOUND',
      registerApplication: 'NOT_AN_ADMINISTRATOR',
      withdrawKey: 'NOT_YOUR_KEY',
      registerDataService: 'NOT_AN_ADMINISTRATOR',
      registerSignInProvider: 'NOT_AN_ADMINISTRATOR',
      registerDocumentProvider: 'NOT_AN_ADMINISTRATOR',
      registerTerms: 'NOT_AN_ADMINISTRATOR',
      submitDeliberation: 'NOT_THE_RECIPIENT',
      ...forServices,
    });
  });

  it('lets a registered document provider change what is its own, and others nothing', async () => {
    const register = (name: string, change: Partial<DocumentProvider> = {}) =>
      outcomeOf(
        authorization
          .as(name)
          .registerDocumentProvider({ requestId: requestId(), documentProvider: { ...documentProvider, ...change } }),
      );
    expect(await register('administrator')).toBe('OK');
    expect(await register('employmentOffice', { plannedMaintenance: [], address: '' })).toBe('OK');
    expect(await register('employmentOffice', { activity: undefined })).toBe('NOT_AN_ADMINISTRATOR');
    expect(await register('welfareOffice')).toBe('NOT_AN_ADMINISTRATOR');
  });

  it('lets nobody decide on its own', async () => {
    const administrator = authorization.as('administrator');
    const both = { ...institution, enterpriseNumber: numbers.welfareOffice, name: 'welfareOffice', roles: [2] };
    await administrator.registerInstitution({ requestId: requestId(), institution: both });
    const own = await submit(authorization);
    expect(await outcomeOf(decide(authorization, own.deliberationId, true, 'welfareOffice'))).toBe(
      'DECIDER_IS_SUBMITTER',
    );
    const forIt = await administrator.submitDeliberation({ requestId: requestId(), deliberation: draft });
    expect(await outcomeOf(decide(authorization, forIt.deliberationId, true, 'welfareOffice'))).toBe(
      'DECIDER_IS_RECIPIENT',
    );
    await decide(authorization, own.deliberationId);
    expect(await outcomeOf(revoke(authorization, own.deliberationId, 'welfareOffice'))).toBe('OK');
  });
});
