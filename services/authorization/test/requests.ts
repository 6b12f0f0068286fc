import {
  type DataService,
  type Deliberation,
  DeliberationState,
  type DocumentProvider,
  type Grant,
  type Term,
  TermKind,
} from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { numbers, type RunningAuthorization } from './running-authorization.js';

export const wages: DataService = {
  dataService: 'employment.wages.v1',
  title: 'Wages',
  jsonSchema: { type: 'object', properties: { wages: { type: 'array', maxItems: 100, items: { type: 'object' } } } },
  fieldGroups: [
    { name: 'employer', paths: ['wages.employer'] },
    { name: 'amounts', paths: ['wages.amount'] },
  ],
  supplier: { source: numbers.employmentOffice, address: 'localhost:9999', deadlineMs: 0 },
  reporters: [{ enterpriseNumber: numbers.employmentOffice, fieldGroups: ['amounts'] }],
};

export const documentProvider: DocumentProvider = {
  enterpriseNumber: numbers.employmentOffice,
  address: 'localhost:9998',
  serverSpkiHashes: ['A'.repeat(43)],
  apiVersions: ['v1'],
  activity: { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined },
  plannedMaintenance: [
    { startTime: new Date('2026-05-01T02:00:00.000Z'), endTime: new Date('2026-05-01T03:00:00.000Z') },
  ],
  deadlineMs: 0,
};

export const grant: Grant = {
  dataService: wages.dataService,
  fieldGroups: ['employer', 'amounts'],
  legalContexts: ['PCSA:SOCIAL_INQUIRY'],
  inscriptionContexts: ['17/2'],
  validity: { startDate: { year: 2026, month: 1, day: 1 }, endDate: undefined },
  online: true,
  subscription: true,
  withoutOfficial: false,
};

const inFourLanguages = (text: string) => ({ nl: `${text} nl`, fr: `${text} fr`, de: `${text} de`, en: text });

export const label = {
  name: inFourLanguages('Social inquiry'),
  phrase: inFourLanguages('for a social inquiry'),
  description: inFourLanguages('The office examines your situation.'),
};

export const term: Term = { kind: TermKind.TERM_KIND_LEGAL_CONTEXT, name: 'PCSA:SOCIAL_INQUIRY', label };

export const draft: Deliberation = {
  deliberationId: '',
  reference: '26/001',
  title: 'Wages for social inquiries',
  recipient: numbers.welfareOffice,
  grants: [grant],
  state: DeliberationState.DELIBERATION_STATE_UNSPECIFIED,
  decideTime: undefined,
  revokeTime: undefined,
};

export const question = {
  customer: numbers.welfareOffice,
  dataService: wages.dataService,
  fieldGroups: [],
  legalContext: 'PCSA:SOCIAL_INQUIRY',
  inscriptionContexts: ['17/2'],
  subscription: false,
  date: { year: 2026, month: 6, day: 15 },
};

/** From a revision, by a watcher that has no hash of it. */
export const watching = (fromRevision: bigint) => ({ fromRevision, fromHash: Buffer.alloc(0), snapshot: false });

export const registerWages = (authorization: RunningAuthorization, change: Partial<DataService> = {}) =>
  authorization
    .as('administrator')
    .registerDataService({ requestId: newRequestId(), dataService: { ...wages, ...change } });

export const submit = (
  authorization: RunningAuthorization,
  change: Partial<Deliberation> = {},
  office = authorization.as('welfareOffice'),
) => office.submitDeliberation({ requestId: newRequestId(), deliberation: { ...draft, ...change } });

export const decide = (authorization: RunningAuthorization, deliberationId: string, approve = true, as = 'committee') =>
  authorization
    .as(as)
    .decideDeliberation({ requestId: newRequestId(), deliberationId, approve, reason: 'as deliberated' });

export const revoke = (authorization: RunningAuthorization, deliberationId: string, as = 'committee') =>
  authorization.as(as).revokeDeliberation({ requestId: newRequestId(), deliberationId, reason: 'misused' });

/** Submitted and approved; gives its id. */
export const approved = async (
  authorization: RunningAuthorization,
  change: Partial<Deliberation> = {},
): Promise<string> => {
  const { deliberationId } = await submit(authorization, change);
  await decide(authorization, deliberationId);
  return deliberationId;
};

/** As an event has it. */
export const storedDeliberation = (
  deliberationId: string,
  state: 'SUBMITTED' | 'APPROVED',
  recipient = draft.recipient,
) => {
  const { reference, title } = draft;
  const { validity: _, ...granted } = grant;
  const grants = [{ ...granted, validity: { startDate: { year: 2026, month: 1, day: 1 } } }];
  return { deliberationId, reference, title, recipient, grants, state, submittedBy: recipient };
};
