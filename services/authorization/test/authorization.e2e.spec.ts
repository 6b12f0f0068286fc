import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approved, decide, draft, question, registerWages, revoke, submit, wages } from './requests.js';
import { REGISTRATION, numbers, outcomeOf, RunningAuthorization } from './running-authorization.js';

describe('authorization', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
  });
  afterAll(() => authorization.close());

  it('takes a deliberation from draft to approval to its end', async () => {
    const office = authorization.as('welfareOffice');
    const reason = async () => (await office.check(question)).reason;
    expect(await reason()).toBe('UNKNOWN_LEGAL_CONTEXT');
    const { deliberationId, policyRevision } = await submit(authorization);
    expect(await reason()).toBe('UNKNOWN_LEGAL_CONTEXT');
    const decided = await decide(authorization, deliberationId);
    expect(decided.policyRevision).toBe(policyRevision + 1n);
    expect(await office.check(question)).toEqual({
      allowed: true,
      deliberationId,
      fieldGroups: ['employer', 'amounts'],
      reason: '',
      policyRevision: policyRevision + 1n,
    });
    expect(await outcomeOf(decide(authorization, deliberationId, false))).toBe('DELIBERATION_NOT_SUBMITTED');
    await revoke(authorization, deliberationId);
    expect(await reason()).toBe('DELIBERATION_REVOKED');
    const { deliberation } = await office.getDeliberation({ deliberationId });
    expect(deliberation).toMatchObject({
      ...draft,
      deliberationId,
      state: DeliberationState.DELIBERATION_STATE_REVOKED,
      decideTime: expect.any(Date),
      revokeTime: expect.any(Date),
    });
  });

  it('grants nothing by a rejected deliberation', async () => {
    const legalContexts = ['PCSA:REJECTED'];
    const { deliberationId } = await submit(authorization, {
      grants: draft.grants.map((one) => ({ ...one, legalContexts })),
    });
    await decide(authorization, deliberationId, false);
    const asked = { ...question, legalContext: 'PCSA:REJECTED' };
    expect((await authorization.as('welfareOffice').check(asked)).reason).toBe('UNKNOWN_LEGAL_CONTEXT');
  });

  it('answers a repeated request as the first time, and refuses another one under the same id', async () => {
    const office = authorization.as('welfareOffice');
    const request = { requestId: newRequestId(), deliberation: { ...draft, reference: '26/002' } };
    const answers = await Promise.all(Array.from({ length: 10 }, () => office.submitDeliberation(request)));
    expect(
      new Set(answers.map(({ deliberationId, policyRevision }) => `${deliberationId} ${policyRevision}`)).size,
    ).toBe(1);
    const other = { ...request, deliberation: { ...draft, reference: '26/003' } };
    expect(await outcomeOf(office.submitDeliberation(other))).toBe('REQUEST_ID_REUSED');
    // Also when the rule would refuse by now what the first one did, and for another institution it is another request.
    const decision = {
      requestId: newRequestId(),
      deliberationId: answers[0]?.deliberationId ?? '',
      approve: true,
      reason: '',
    };
    const first = await authorization.as('committee').decideDeliberation(decision);
    expect(await authorization.as('committee').decideDeliberation(decision)).toEqual(first);
    expect(await outcomeOf(authorization.as('administrator').decideDeliberation(decision))).toBe('NOT_THE_COMMITTEE');
  });

  it('carries out concurrent changes one after the other', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, index) => approved(authorization, { reference: `26/1${index}` })),
    );
    expect(new Set(ids).size).toBe(20);
  });

  it('lists by pages what one may see, each once, in order', async () => {
    const administrator = authorization.as('administrator');
    const listed: string[] = [];
    for (let pageToken = '', pages = 0; pages === 0 || pageToken !== ''; pages++) {
      const page = await administrator.listDeliberations({ recipient: numbers.welfareOffice, pageSize: 7, pageToken });
      expect(page.deliberations.length).toBeLessThanOrEqual(7);
      listed.push(...page.deliberations.map(({ deliberationId }) => deliberationId));
      pageToken = page.nextPageToken;
    }
    expect(listed.length).toBeGreaterThan(20);
    expect(new Set(listed).size).toBe(listed.length);
    const own = await authorization
      .as('employmentOffice')
      .listDeliberations({ recipient: '', pageSize: 0, pageToken: '' });
    expect(own.deliberations).toEqual([]);
    const services = await administrator.listDataServices({ pageSize: 0, pageToken: '' });
    expect(services).toEqual({ dataServices: [wages], nextPageToken: '' });
  });

  it('refuses a key from the moment that it is withdrawn', async () => {
    await authorization.issue('oldKey', numbers.employmentOffice);
    const spkiHash = authorization.spki('oldKey');
    const application = {
      ...REGISTRATION,
      enterpriseNumber: numbers.employmentOffice,
      name: 'desk',
      spkiHashes: [spkiHash],
    };
    await authorization.as('administrator').registerApplication({ requestId: newRequestId(), application });
    const old = authorization.as('oldKey');
    expect(await outcomeOf(old.listDataServices({ pageSize: 0, pageToken: '' }))).toBe('OK');
    const withdrawal = {
      requestId: newRequestId(),
      enterpriseNumber: numbers.employmentOffice,
      application: 'desk',
      spkiHash,
    };
    await authorization.as('employmentOffice').withdrawKey(withdrawal);
    expect(await outcomeOf(old.listDataServices({ pageSize: 0, pageToken: '' }))).toBe('KEY_NOT_REGISTERED');
  });

  it('refuses an application what it has no right for, and everything once its registration has ended', async () => {
    await authorization.issue('narrow', numbers.employmentOffice, { application: 'narrow' });
    const own = {
      enterpriseNumber: numbers.employmentOffice,
      name: 'narrow',
      spkiHashes: [authorization.spki('narrow')],
    };
    const register = (rights: string[], notAfter: Date) =>
      authorization
        .as('administrator')
        .registerApplication({ requestId: newRequestId(), application: { ...own, rights, notAfter } });
    const narrow = authorization.as('narrow');
    const read = () => outcomeOf(narrow.listDataServices({ pageSize: 0, pageToken: '' }));
    const revokeOne = () =>
      outcomeOf(narrow.revokeDeliberation({ requestId: newRequestId(), deliberationId: newRequestId(), reason: 'x' }));
    await register([], REGISTRATION.notAfter);
    expect([await read(), await revokeOne()]).toEqual(['OK', 'RIGHT_MISSING']);
    await register(['decide'], REGISTRATION.notAfter);
    expect(await revokeOne()).toBe('NOT_THE_COMMITTEE');
    await register(['decide'], new Date(Date.now() + 5_000));
    await eventually(read, (outcome) => outcome === 'KEY_NOT_REGISTERED');
    await register(['decide'], REGISTRATION.notAfter);
    expect(await read()).toBe('OK');
  });

  it('lets an institution act for another only while administrators and that one say so', async () => {
    const follower = authorization.follow();
    const [representative, represented] = [numbers.employmentOffice, numbers.welfareOffice];
    const caller = { kind: 'institution', enterpriseNumber: representative, application: 'desk', spki: '' } as const;
    const acts = async (policyRevision: bigint) => {
      await follower.whenAt(policyRevision);
      return follower.mayActFor(caller, represented);
    };
    const register = () =>
      authorization.as('administrator').registerInstitution({
        requestId: newRequestId(),
        institution: {
          enterpriseNumber: representative,
          name: 'employmentOffice',
          roles: [],
          represents: [represented],
          // What a request says of it counts for nothing.
          acceptedBy: [represented],
          officialKeys: [],
        },
      });
    const accept = (name: string) =>
      authorization.as(name).acceptRepresentation({ requestId: newRequestId(), representative });
    expect(await outcomeOf(accept('welfareOffice'))).toBe('REPRESENTATION_NOT_FOUND');
    expect(await acts((await register()).policyRevision)).toBe(false);
    expect(await outcomeOf(accept('employmentOffice'))).toBe('REPRESENTATION_NOT_FOUND');
    expect(await acts((await accept('welfareOffice')).policyRevision)).toBe(true);
    for (const by of ['welfareOffice', 'employmentOffice']) {
      const { policyRevision } = await authorization
        .as(by)
        .withdrawRepresentation({ requestId: newRequestId(), representative, represented });
      expect(await acts(policyRevision)).toBe(false);
      expect(await acts((await register()).policyRevision)).toBe(false);
      expect(await acts((await accept('welfareOffice')).policyRevision)).toBe(true);
    }
  });

  it('stops cleanly, and has everything when it comes back', async () => {
    const id = await approved(authorization);
    const before = await authorization.as('welfareOffice').check(question);
    expect(before.allowed).toBe(true);
    expect(await authorization.process.stop()).toBe(0);
    await authorization.process.launch();
    expect(await authorization.as('welfareOffice').check(question)).toEqual(before);
    expect(
      (await authorization.as('committee').getDeliberation({ deliberationId: id })).deliberation?.deliberationId,
    ).toBe(id);
  });

  it('says what is wrong with its configuration, in a sentence each', async () => {
    expect(await authorization.process.stop()).toBe(0);
    authorization.process.output = '';
    const wrong = { MESH_PORT: 'x', DATABASE_URL: '', BOOTSTRAP_ADMINISTRATOR: 'me' };
    await expect(authorization.process.launch(wrong)).rejects.toThrow('the service ended');
    expect(authorization.process.output).toContain('MESH_PORT must be a whole number from 0 to 65535.');
    expect(authorization.process.output).toContain('DATABASE_URL is needed');
    expect(authorization.process.output).toContain('BOOTSTRAP_ADMINISTRATOR must be <enterprise number>');
    await authorization.process.launch();
  });
});
