import {
  type Application,
  type DataService,
  type Deliberation,
  DeliberationState,
  type Grant,
  type Institution,
  type PolicyEntity,
} from '@crossroads/contracts/authorization/v1/policy';
import { type IsoDay, parseIsoDay, withCbeCheck } from '@crossroads/identifiers';
import type { CutFieldGroup, Question, RefusalReason } from './decide.js';
import type { Peer } from './policy.js';

export const welfareOffice = withCbeCheck('02000001');
export const healthFund = withCbeCheck('02000002');
const employmentOffice = withCbeCheck('02000003');
export const integrator = withCbeCheck('02000004');

export const day = (text: string): IsoDay => {
  const parsed = parseIsoDay(text);
  if (parsed === undefined) throw new TypeError(`${text} is no day`);
  return parsed;
};

const dateOf = (text: string) => {
  const [year = 0, month = 0, dayOfMonth = 0] = text.split('-').map(Number);
  return { year, month, day: dayOfMonth };
};

export const period = (start?: string, end?: string): Grant['validity'] => ({
  startDate: start === undefined ? undefined : dateOf(start),
  endDate: end === undefined ? undefined : dateOf(end),
});

export const institution = (enterpriseNumber: string, more: Partial<Institution> = {}): PolicyEntity => ({
  entity: {
    $case: 'institution',
    value: {
      enterpriseNumber,
      name: 'an institution',
      roles: [],
      represents: [],
      acceptedBy: [],
      officialKeys: [],
      ...more,
    },
  },
});

/** Longer than any spec runs. */
export const NOT_AFTER = new Date('2999-12-31');

export const applicationWith = (enterpriseNumber: string, more: Partial<Application>): PolicyEntity => {
  const rights = ['consult', 'subscribe', 'publish'];
  const value: Application = { enterpriseNumber, name: 'files', spkiHashes: [], rights, notAfter: NOT_AFTER, ...more };
  return { entity: { $case: 'application', value } };
};

export const application = (enterpriseNumber: string, ...spkiHashes: string[]): PolicyEntity =>
  applicationWith(enterpriseNumber, { spkiHashes });

export const wages: DataService = {
  dataService: 'employment.wages.v1',
  title: 'Wages',
  jsonSchema: { type: 'object', properties: { wages: { type: 'array', items: { properties: { note: {} } } } } },
  fieldGroups: [
    { name: 'employer', paths: ['wages.employer'] },
    { name: 'amounts', paths: ['wages.amount', 'total'] },
    { name: 'periods', paths: ['wages.start', 'wages.end'] },
  ],
  supplier: { source: employmentOffice, address: 'localhost:1', deadlineMs: 0 },
  reporters: [{ enterpriseNumber: employmentOffice, fieldGroups: ['employer'] }],
};

export const dataService = (value: DataService): PolicyEntity => ({ entity: { $case: 'dataService', value } });

export const grant = (more: Partial<Grant> = {}): Grant => ({
  dataService: 'employment.wages.v1',
  fieldGroups: ['employer', 'amounts'],
  legalContexts: ['PCSA:SOCIAL_INQUIRY'],
  inscriptionContexts: ['PCSA:LIVING_WAGE'],
  validity: period('2026-01-01', '2026-12-31'),
  online: true,
  subscription: false,
  withoutOfficial: false,
  ...more,
});

export const deliberation = (id: string, grants: readonly Grant[], more: Partial<Deliberation> = {}): PolicyEntity => ({
  entity: {
    $case: 'deliberation',
    value: {
      deliberationId: id,
      reference: id,
      title: id,
      recipient: welfareOffice,
      grants,
      state: DeliberationState.DELIBERATION_STATE_APPROVED,
      decideTime: undefined,
      revokeTime: undefined,
      ...more,
    },
  },
});

export const peerOf = (enterpriseNumber: string, spki = `key of ${enterpriseNumber}`): Peer => ({
  kind: 'institution',
  enterpriseNumber,
  application: 'files',
  spki,
});

const revoked = { state: DeliberationState.DELIBERATION_STATE_REVOKED };

/** The policy that the examples are decided by. */
export const examplePolicy: readonly PolicyEntity[] = [
  institution(welfareOffice),
  institution(healthFund),
  institution(employmentOffice),
  institution(integrator, { represents: [welfareOffice], acceptedBy: [welfareOffice] }),
  application(welfareOffice, `key of ${welfareOffice}`, 'another key'),
  application(healthFund, `key of ${healthFund}`),
  application(integrator, `key of ${integrator}`),
  dataService(wages),
  dataService({ ...wages, dataService: 'health.insurance.v1' }),
  deliberation('d1', [grant()]),
  deliberation('d2', [
    grant({ fieldGroups: ['amounts', 'periods'], inscriptionContexts: ['PCSA:CO_RESIDENT'] }),
    grant({ legalContexts: ['PCSA:SUBSCRIBE'], online: false, subscription: true }),
    grant({ legalContexts: ['PCSA:PAST'], validity: period('2024-01-01', '2024-12-31') }),
    grant({ legalContexts: ['PCSA:FUTURE'], validity: period('2027-01-01') }),
    grant({ legalContexts: ['PCSA:ANYBODY'], inscriptionContexts: [] }),
    grant({ legalContexts: ['PCSA:NIGHTLY'], withoutOfficial: true }),
    grant({ legalContexts: ['PCSA:BROKEN'], validity: period('2026-02-30') }),
  ]),
  deliberation('d3', [grant({ legalContexts: ['PCSA:REVOKED'] })], revoked),
  deliberation('d4', [grant({ legalContexts: ['PCSA:BOTH'], fieldGroups: ['amounts'] })], revoked),
  deliberation('d5', [grant({ legalContexts: ['PCSA:BOTH'], fieldGroups: ['employer'] })]),
  deliberation('d6', [grant({ legalContexts: ['PCSA:DRAFT'] })], {
    state: DeliberationState.DELIBERATION_STATE_SUBMITTED,
  }),
  deliberation('d7', [grant({ legalContexts: ['HEALTH:REFUND'], dataService: 'health.insurance.v1' })], {
    recipient: healthFund,
  }),
];

/** What is asked unless an example says otherwise. */
export const question: Question = {
  customer: welfareOffice,
  peer: peerOf(welfareOffice),
  dataService: 'employment.wages.v1',
  requestedFieldGroups: [],
  legalContext: 'PCSA:SOCIAL_INQUIRY',
  inscriptionContexts: ['PCSA:LIVING_WAGE'],
  mode: 'online',
  day: day('2026-06-15'),
};

type Expected =
  | RefusalReason
  | { readonly groups: readonly string[]; readonly by: readonly string[]; readonly cut?: readonly CutFieldGroup[] };

export interface Example {
  readonly name: string;
  readonly asked: Partial<Question>;
  readonly expected: Expected;
}

const notGranted = (fieldGroup: string): CutFieldGroup => ({ fieldGroup, reason: 'FIELD_GROUPS_NOT_GRANTED' });
const co = (fieldGroup: string): CutFieldGroup => ({ fieldGroup, reason: 'INSCRIPTION_CONTEXT_NOT_GRANTED' });

/** Each rule saying yes and saying no. */
export const examples: readonly Example[] = [
  // Who asks
  { name: 'a peer that is no member', asked: { peer: peerOf('0999999922') }, expected: 'UNKNOWN_INSTITUTION' },
  { name: 'a customer that is no member', asked: { customer: '0999999922' }, expected: 'UNKNOWN_INSTITUTION' },
  { name: 'a key that is not registered', asked: { peer: peerOf(welfareOffice, 'x') }, expected: 'KEY_NOT_REGISTERED' },
  {
    name: 'a key of another institution',
    asked: { peer: peerOf(welfareOffice, `key of ${healthFund}`) },
    expected: 'KEY_NOT_REGISTERED',
  },
  {
    name: 'a key of another application',
    asked: {
      peer: { kind: 'institution', enterpriseNumber: welfareOffice, application: 'other', spki: 'another key' },
    },
    expected: 'KEY_NOT_REGISTERED',
  },
  { name: 'a stranger for the customer', asked: { peer: peerOf(healthFund) }, expected: 'NOT_REPRESENTED' },
  {
    name: 'the represented for its integrator',
    asked: { customer: integrator },
    expected: 'NOT_REPRESENTED',
  },
  {
    name: 'an integrator for the customer',
    asked: { peer: peerOf(integrator) },
    expected: { groups: ['employer', 'amounts'], by: ['d1'], cut: [co('periods')] },
  },
  {
    name: 'a second key of the application',
    asked: { peer: peerOf(welfareOffice, 'another key') },
    expected: { groups: ['employer', 'amounts'], by: ['d1'], cut: [co('periods')] },
  },
  {
    name: 'a service of the mesh',
    asked: { peer: { kind: 'service', name: 'subscription', spki: '' } },
    expected: { groups: ['employer', 'amounts'], by: ['d1'], cut: [co('periods')] },
  },
  // What and why
  { name: 'no such data service', asked: { dataService: 'nothing.v1' }, expected: 'UNKNOWN_DATA_SERVICE' },
  { name: 'another major version', asked: { dataService: 'employment.wages.v2' }, expected: 'UNKNOWN_DATA_SERVICE' },
  { name: 'no legal context', asked: { legalContext: '' }, expected: 'UNKNOWN_LEGAL_CONTEXT' },
  { name: 'a context nobody was granted', asked: { legalContext: 'PCSA:X' }, expected: 'UNKNOWN_LEGAL_CONTEXT' },
  { name: 'a context of a draft only', asked: { legalContext: 'PCSA:DRAFT' }, expected: 'UNKNOWN_LEGAL_CONTEXT' },
  { name: 'nothing of this data service', asked: { dataService: 'health.insurance.v1' }, expected: 'NO_DELIBERATION' },
  { name: "another's context", asked: { legalContext: 'HEALTH:REFUND' }, expected: 'LEGAL_CONTEXT_NOT_GRANTED' },
  // When and how
  { name: 'a revoked deliberation', asked: { legalContext: 'PCSA:REVOKED' }, expected: 'DELIBERATION_REVOKED' },
  { name: 'an expired grant', asked: { legalContext: 'PCSA:PAST' }, expected: 'DELIBERATION_EXPIRED' },
  { name: 'a grant not yet valid', asked: { legalContext: 'PCSA:FUTURE' }, expected: 'DELIBERATION_NOT_YET_VALID' },
  { name: 'a validity that is no period', asked: { legalContext: 'PCSA:BROKEN' }, expected: 'DELIBERATION_EXPIRED' },
  { name: 'the day before the first', asked: { day: day('2025-12-31') }, expected: 'DELIBERATION_NOT_YET_VALID' },
  {
    name: 'the first day',
    asked: { day: day('2026-01-01'), requestedFieldGroups: ['employer'] },
    expected: { groups: ['employer'], by: ['d1'] },
  },
  {
    name: 'the last day',
    asked: { day: day('2026-12-31'), requestedFieldGroups: ['employer'] },
    expected: { groups: ['employer'], by: ['d1'] },
  },
  { name: 'the day after the last', asked: { day: day('2027-01-01') }, expected: 'DELIBERATION_EXPIRED' },
  {
    name: 'the first day of an open period',
    asked: { legalContext: 'PCSA:FUTURE', day: day('2027-01-01'), requestedFieldGroups: ['amounts'] },
    expected: { groups: ['amounts'], by: ['d2'] },
  },
  { name: 'online by subscription', asked: { legalContext: 'PCSA:SUBSCRIBE' }, expected: 'NOT_GRANTED_ONLINE' },
  { name: 'a subscription online', asked: { mode: 'subscription' }, expected: 'NOT_GRANTED_BY_SUBSCRIPTION' },
  {
    name: 'a subscription as granted',
    asked: { legalContext: 'PCSA:SUBSCRIBE', mode: 'subscription', requestedFieldGroups: ['employer'] },
    expected: { groups: ['employer'], by: ['d2'] },
  },
  { name: 'software by itself', asked: { withoutOfficial: true }, expected: 'OFFICIAL_NEEDED' },
  {
    name: 'software where it may ask',
    asked: { withoutOfficial: true, legalContext: 'PCSA:NIGHTLY', requestedFieldGroups: ['employer'] },
    expected: { groups: ['employer'], by: ['d2'] },
  },
  // About whom
  { name: 'a person it does not know', asked: { inscriptionContexts: [] }, expected: 'NOT_INSCRIBED' },
  {
    name: 'a person it knows otherwise',
    asked: { inscriptionContexts: ['PCSA:FILE_UNDER_INVESTIGATION'] },
    expected: 'INSCRIPTION_CONTEXT_NOT_GRANTED',
  },
  {
    name: 'a grant without inscription context',
    asked: { legalContext: 'PCSA:ANYBODY' },
    expected: 'INSCRIPTION_CONTEXT_NOT_GRANTED',
  },
  {
    name: 'anybody',
    asked: { inscriptionContexts: 'any' },
    expected: { groups: ['employer', 'amounts', 'periods'], by: ['d1', 'd2'] },
  },
  {
    name: 'anybody, under a grant without inscription context',
    asked: { legalContext: 'PCSA:ANYBODY', inscriptionContexts: 'any' },
    expected: 'INSCRIPTION_CONTEXT_NOT_GRANTED',
  },
  {
    name: 'anybody, after the last day',
    asked: { day: day('2027-01-01'), inscriptionContexts: 'any' },
    expected: 'DELIBERATION_EXPIRED',
  },
  // How much
  {
    name: 'a person known in two ways',
    asked: { inscriptionContexts: ['PCSA:CO_RESIDENT', 'PCSA:LIVING_WAGE'] },
    expected: { groups: ['employer', 'amounts', 'periods'], by: ['d1', 'd2'] },
  },
  {
    name: 'only groups that are not granted',
    asked: { requestedFieldGroups: ['periods'] },
    expected: 'FIELD_GROUPS_NOT_GRANTED',
  },
  {
    name: 'only groups that do not exist',
    asked: { requestedFieldGroups: ['__proto__'] },
    expected: 'FIELD_GROUPS_NOT_GRANTED',
  },
  {
    name: 'a group granted, one not, one unknown, one twice',
    asked: { requestedFieldGroups: ['amounts', 'periods', 'salary', 'amounts'] },
    expected: {
      groups: ['amounts'],
      by: ['d1'],
      cut: [co('periods'), { fieldGroup: 'salary', reason: 'UNKNOWN_FIELD_GROUP' }],
    },
  },
  {
    name: 'a deliberation in force and one revoked',
    asked: { legalContext: 'PCSA:BOTH' },
    expected: {
      groups: ['employer'],
      by: ['d5'],
      cut: [{ fieldGroup: 'amounts', reason: 'DELIBERATION_REVOKED' }, notGranted('periods')],
    },
  },
];
