import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import type { SearchDeliberationsRequest } from '@crossroads/contracts/authorization/v1/register_service';
import { newRequestId } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approved, decide, grant, label, registerWages, revoke, submit, term, wages } from './requests.js';
import { numbers, outcomeOf, REGISTRATION, RunningAuthorization } from './running-authorization.js';

describe('the public register', () => {
  let authorization: RunningAuthorization;
  let register: ReturnType<RunningAuthorization['registerAs']>;
  let inForce: string;
  let revoked: string;
  let ended: string;
  let draftOnly: string;
  let rejected: string;

  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await authorization.issue('noPortal', numbers.welfareOffice, { application: 'no-portal' });
    await authorization.as('administrator').registerApplication({
      requestId: newRequestId(),
      application: {
        ...REGISTRATION,
        rights: REGISTRATION.rights.filter((right) => !right.startsWith('portal:')),
        enterpriseNumber: numbers.welfareOffice,
        name: 'no-portal',
        spkiHashes: [authorization.spki('noPortal')],
      },
    });
    await registerWages(authorization);
    await authorization.as('administrator').registerTerms({
      requestId: newRequestId(),
      terms: [
        { ...term, label: { ...label, name: { ...label.name, fr: 'Enquête sociale' } } },
        { ...term, kind: TermKind.TERM_KIND_FIELD_GROUP, name: 'employment.wages.v1/amounts' },
      ],
    });
    inForce = await approved(authorization, { reference: '26/001', title: 'Löhne für Bedürftige' });
    revoked = await approved(authorization, { reference: '26/002', title: 'Revoked' });
    await revoke(authorization, revoked);
    const validity = { startDate: undefined, endDate: { year: 2020, month: 1, day: 1 } };
    ended = await approved(authorization, {
      reference: '26/003',
      title: 'Ended',
      grants: [{ ...grant, validity, legalContexts: ['NEO:UNEMPLOYMENT_BENEFIT'] }],
    });
    draftOnly = (await submit(authorization, { reference: '26/004', title: 'Draft' })).deliberationId;
    rejected = (await submit(authorization, { reference: '26/005', title: 'Rejected' })).deliberationId;
    await decide(authorization, rejected, false);
    // Another institution than any of them concerns.
    register = authorization.registerAs('employmentOffice');
  });
  afterAll(() => authorization.close());

  const ANY: SearchDeliberationsRequest = {
    words: '',
    recipients: [],
    dataService: '',
    legalContext: '',
    inForceOnly: false,
    pageSize: 0,
    pageToken: '',
  };
  const found = async (change: Partial<SearchDeliberationsRequest>) =>
    (await register.searchDeliberations({ ...ANY, ...change })).deliberations.map(
      ({ deliberationId }) => deliberationId,
    );

  it('shows what was approved, the newest first, also when it was revoked, and no draft or rejected one', async () => {
    expect(await found({})).toEqual([ended, revoked, inForce]);
    for (const deliberationId of [inForce, revoked, ended])
      expect(await register.getPublishedDeliberation({ deliberationId })).toMatchObject({
        deliberation: { deliberationId },
      });
    for (const deliberationId of [draftOnly, rejected, '018f4f4c-0000-4000-8000-000000000000'])
      expect(
        await register.getPublishedDeliberation({ deliberationId }).catch((error: unknown) => error),
      ).toMatchObject({ code: status.NOT_FOUND, reason: 'RESOURCE_NOT_FOUND' });
    for (const words of ['Draft', 'Rejected', '26/004']) expect(await found({ words })).toEqual([]);
  });

  it.each([
    ['26/001', 1],
    ['LOHNE fur', 1],
    ['löhne BEDÜRFTIGE', 1],
    ['lohne revoked', 0],
    ['welfareoffice', 3],
    ['employment.wages.v1', 3],
    ['enquete sociale', 2],
    ['PCSA:SOCIAL_INQUIRY', 2],
    ['xylophone', 0],
  ])('finds by the words %s, whatever the accents and capitals', async (words, count) => {
    expect(await found({ words })).toHaveLength(count);
  });

  it('filters by recipient, data service, legal context and what is in force', async () => {
    expect(await found({ recipients: [numbers.employmentOffice] })).toEqual([]);
    expect(await found({ recipients: [numbers.employmentOffice, numbers.welfareOffice] })).toHaveLength(3);
    expect(await found({ dataService: 'employment.wages.v2' })).toEqual([]);
    expect(await found({ dataService: wages.dataService })).toHaveLength(3);
    expect(await found({ legalContext: 'NEO:UNEMPLOYMENT_BENEFIT' })).toEqual([ended]);
    expect(await found({ inForceOnly: true })).toEqual([inForce]);
  });

  it('comes by pages, whose tokens are of this list only', async () => {
    const first = await register.searchDeliberations({ ...ANY, pageSize: 2 });
    expect(first.deliberations).toHaveLength(2);
    expect(await found({ pageSize: 2, pageToken: first.nextPageToken })).toEqual([inForce]);
    expect(await outcomeOf(register.searchDeliberations({ ...ANY, words: 'x', pageToken: first.nextPageToken }))).toBe(
      'INVALID_INPUT',
    );
  });

  it('has words for names and reasons in four languages, and says so once', async () => {
    const whole = await register.getVocabulary({ policyRevision: 0n });
    expect(whole.institutions).toContainEqual({ enterpriseNumber: numbers.welfareOffice, name: 'welfareOffice' });
    expect(whole.terms.map(({ name }) => name)).toEqual(['PCSA:SOCIAL_INQUIRY', 'employment.wages.v1/amounts']);
    expect(whole.dataServices).toEqual([
      {
        dataService: wages.dataService,
        title: wages.title,
        source: numbers.employmentOffice,
        fieldGroups: ['employer', 'amounts'],
      },
    ]);
    expect(whole.reasons.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['NOT_INSCRIBED', 'NOT_GRANTED', 'OUTCOME_UNKNOWN', 'QUOTA_EXHAUSTED']),
    );
    for (const { reason, label } of whole.reasons)
      for (const [part, max] of [
        ['name', 80],
        ['phrase', 120],
        ['description', 400],
      ] as const)
        for (const text of Object.values(label?.[part] ?? { nothing: '' }))
          expect({ reason, part, fits: text.length > 0 && text.length <= max }).toMatchObject({ fits: true });
    const { policyRevision } = whole;
    expect(await register.getVocabulary({ policyRevision })).toEqual({
      policyRevision,
      institutions: [],
      terms: [],
      dataServices: [],
      reasons: [],
    });
  });

  it.each([
    ['words that are too long', { words: 'x'.repeat(201) }],
    ['a recipient that is none', { recipients: ['1'] }],
    ['too many recipients', { recipients: Array.from({ length: 1_001 }, () => numbers.welfareOffice) }],
    ['a data service without version', { dataService: 'employment.wages' }],
    ['a legal context that is none', { legalContext: 'inquiry' }],
    ['a page size below zero', { pageSize: -1 }],
    ['a page token of nobody', { pageToken: 'x' }],
  ])('refuses %s', async (_, change) => {
    expect(await outcomeOf(register.searchDeliberations({ ...ANY, ...change }))).toBe('INVALID_INPUT');
  });

  it('is refused to an application without the right of a portal, to other keys and to services', async () => {
    const outcomes = async (name: string) => {
      const rpcs = authorization.registerAs(name);
      return [
        await outcomeOf(rpcs.getVocabulary({ policyRevision: 0n })),
        await outcomeOf(rpcs.searchDeliberations(ANY)),
        await outcomeOf(rpcs.getPublishedDeliberation({ deliberationId: inForce })),
      ];
    };
    const all = (reason: string) => [reason, reason, reason];
    expect(await outcomes('noPortal')).toEqual(all('RIGHT_MISSING'));
    expect(await outcomes('exchange')).toEqual(all('CALLER_NOT_ALLOWED'));
    await authorization.issue('unregistered', numbers.welfareOffice);
    expect(await outcomes('unregistered')).toEqual(all('KEY_NOT_REGISTERED'));
  });
});
