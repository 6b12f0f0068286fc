import type {
  Application,
  DataService,
  Deliberation,
  DocumentProvider,
  Draft,
  Institution,
} from './policy-entities.js';
import type { Actor, PolicyCommand, PolicyEvent } from './policy.decider.js';

export const institution = (enterpriseNumber: string, more: Partial<Institution> = {}): Institution => ({
  enterpriseNumber,
  name: enterpriseNumber,
  roles: [],
  represents: [],
  acceptedBy: [],
  officialKeys: [],
  ...more,
});
/** Of commands, and of the registrations that they bring. */
export const TIME = '2026-11-28T12:00:00.000Z';
const NOT_AFTER = '2027-11-28T12:00:00.000Z';

export const application = (enterpriseNumber: string, ...spkiHashes: string[]): Application => ({
  enterpriseNumber,
  name: 'desk',
  spkiHashes,
  rights: ['administer'],
  notAfter: NOT_AFTER,
});
export const actor = (enterpriseNumber: string, spki = `key of ${enterpriseNumber}`): Actor => ({
  enterpriseNumber,
  application: 'desk',
  spki,
});
export const member = (enterpriseNumber: string, more: Partial<Institution> = {}): PolicyEvent[] => [
  { type: 'InstitutionRegistered', data: { institution: institution(enterpriseNumber, more) } },
  { type: 'ApplicationRegistered', data: { application: application(enterpriseNumber, `key of ${enterpriseNumber}`) } },
];
export const wages: DataService = {
  name: 'employment.wages.v1',
  title: 'Wages',
  jsonSchema: { type: 'object' },
  fieldGroups: [{ name: 'amounts', paths: ['amount', 'total'] }],
  supplier: { source: 'office', address: 'localhost:1', deadlineMs: 0 },
  reporters: [],
};
export const documentProvider = (change: Partial<DocumentProvider> = {}): DocumentProvider => ({
  enterpriseNumber: 'office',
  address: 'documents:8443',
  serverSpkiHashes: ['key of its server'],
  apiVersions: ['v1'],
  activity: { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined },
  plannedMaintenance: [],
  deadlineMs: 0,
  ...change,
});
export const draft: Draft = {
  deliberationId: 'd1',
  reference: '26/001',
  title: 'Wages for social inquiries',
  recipient: 'office',
  grants: [
    {
      dataService: 'employment.wages.v1',
      fieldGroups: ['amounts'],
      legalContexts: ['PCSA:SOCIAL_INQUIRY'],
      inscriptionContexts: ['PCSA:LIVING_WAGE'],
      validity: { startDate: undefined, endDate: undefined },
      online: true,
      subscription: false,
      withoutOfficial: false,
    },
  ],
};
export const [admin, committee, office, other] = [actor('admin'), actor('committee'), actor('office'), actor('other')];
export const members: PolicyEvent[] = [
  ...member('admin', { roles: ['ADMINISTRATOR'] }),
  ...member('committee', { roles: ['COMMITTEE'] }),
  ...member('office'),
  ...member('other'),
  { type: 'DataServiceRegistered', data: { dataService: wages, by: 'admin' } },
];
export const submitted: Deliberation = { ...draft, state: 'SUBMITTED', submittedBy: 'office' };
export const approved: Deliberation = { ...submitted, state: 'APPROVED', decideTime: '2026-01-01T00:00:00.000Z' };
export const wasSubmitted: PolicyEvent = {
  type: 'DeliberationSubmitted',
  data: { deliberation: submitted, by: 'office' },
};
export const wasApproved: PolicyEvent = {
  type: 'DeliberationApproved',
  data: { deliberation: approved, reason: 'yes', by: 'committee' },
};
export const submit: PolicyCommand = { type: 'SubmitDeliberation', draft, actor: office };
export const approve = (by = committee): PolicyCommand => ({
  type: 'DecideDeliberation',
  deliberationId: 'd1',
  approve: true,
  reason: 'yes',
  time: '2026-01-01T00:00:00.000Z',
  actor: by,
});
export const revoke = (by = committee): PolicyCommand => ({
  type: 'RevokeDeliberation',
  deliberationId: 'd1',
  reason: 'misused',
  time: '2026-02-01T00:00:00.000Z',
  actor: by,
});
export const withdraw = (
  enterpriseNumber: string,
  by: Actor,
  spkiHash = `key of ${enterpriseNumber}`,
): PolicyCommand => ({
  type: 'WithdrawKey',
  enterpriseNumber,
  application: 'desk',
  spkiHash,
  actor: by,
});
export const registerService = (dataService: DataService, by = admin): PolicyCommand => ({
  type: 'RegisterDataService',
  dataService,
  actor: by,
});
export const registerKeys = (of: Application, by = admin): PolicyCommand => ({
  type: 'RegisterApplication',
  application: of,
  time: TIME,
  actor: by,
});
export const registerInstitution = (of: Institution, by = admin): PolicyCommand => ({
  type: 'RegisterInstitution',
  institution: of,
  actor: by,
});
export const grantInscriptions = (
  enterpriseNumber: string,
  inscriptionContexts: readonly string[],
  by = committee,
): PolicyCommand => ({
  type: 'GrantInscriptions',
  inscriptionGrant: {
    enterpriseNumber,
    inscriptionContexts,
    earlierStarts: false,
    dailyPersons: { consulted: 0, inscribed: 0, misses: 0 },
  },
  actor: by,
});
export const registerProvider = (of: DocumentProvider, by = admin): PolicyCommand => ({
  type: 'RegisterDocumentProvider',
  documentProvider: of,
  actor: by,
});
