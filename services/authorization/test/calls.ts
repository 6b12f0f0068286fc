import type {
  DataService,
  Deliberation,
  DocumentProvider,
  Grant,
  InscriptionGrant,
  Term,
} from '@crossroads/contracts/authorization/v1/policy';
import { newRequestId } from '@crossroads/grpc';
import { documentProvider, draft, grant, question, term, wages } from './requests.js';
import { REGISTRATION, numbers, type RunningAuthorization } from './running-authorization.js';

export type Rpcs = ReturnType<RunningAuthorization['as']>;

/** Requests that are right, but for what a test changes in them. */
export const id = newRequestId;
export const institution = {
  enterpriseNumber: numbers.welfareOffice,
  name: 'Welfare',
  roles: [],
  represents: [],
  acceptedBy: [],
  officialKeys: [],
};
export const hash = 'A'.repeat(43);
export const application = {
  ...REGISTRATION,
  enterpriseNumber: numbers.welfareOffice,
  name: 'desk',
  spkiHashes: [hash],
};
export const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
export const uuid = '018f4f4c-0000-4000-8000-000000000000';
export const wrongCheck = `${numbers.welfareOffice.slice(0, 9)}${(Number(numbers.welfareOffice[9]) + 1) % 10}`;

export const register = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerInstitution({ requestId: id(), institution: { ...institution, ...change } });
export const key = (change: object) => register({ officialKeys: [{ kid: 'k', jwk, ...change }] });
export const keys = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerApplication({ requestId: id(), application: { ...application, ...change } });
export const withdraw = (change: object) => (rpcs: Rpcs) =>
  rpcs.withdrawKey({
    requestId: id(),
    enterpriseNumber: numbers.welfareOffice,
    application: 'desk',
    spkiHash: hash,
    ...change,
  });
export const service = (change: Partial<DataService>) => (rpcs: Rpcs) =>
  rpcs.registerDataService({ requestId: id(), dataService: { ...wages, ...change } });
export const group = (change: object) =>
  service({ fieldGroups: [{ name: 'g', paths: ['a'], ...change }], reporters: [] });
export const supplier = (change: object) =>
  service({ supplier: { source: numbers.employmentOffice, address: 'h:1', deadlineMs: 0, ...change } });
export const signInProvider = (change: object) => (rpcs: Rpcs) =>
  rpcs.registerSignInProvider({
    requestId: id(),
    signInProvider: {
      issuer: 'https://x.test',
      keys: [{ kid: 'k', jwk }],
      acceptedAcr: ['high'],
      ...change,
    },
  });
export const provider = (change: Partial<DocumentProvider>) => (rpcs: Rpcs) =>
  rpcs.registerDocumentProvider({ requestId: id(), documentProvider: { ...documentProvider, ...change } });
export const inscriptions = (change: Partial<InscriptionGrant>) => (rpcs: Rpcs) =>
  rpcs.grantInscriptions({
    requestId: id(),
    inscriptionGrant: {
      enterpriseNumber: numbers.welfareOffice,
      inscriptionContexts: [],
      earlierStarts: false,
      dailyPersons: undefined,
      ...change,
    },
  });
export const terms =
  (...changes: readonly Partial<Term>[]) =>
  (rpcs: Rpcs) =>
    rpcs.registerTerms({ requestId: id(), terms: changes.map((change) => ({ ...term, ...change })) });
export const submit = (change: Partial<Deliberation>) => (rpcs: Rpcs) =>
  rpcs.submitDeliberation({ requestId: id(), deliberation: { ...draft, ...change } });
export const granting = (change: Partial<Grant>) => submit({ grants: [grant, { ...grant, ...change }] });
export const date = (year: number, month: number, day: number) => ({ year, month, day });
export const decide = (change: object) => (rpcs: Rpcs) =>
  rpcs.decideDeliberation({ requestId: id(), deliberationId: uuid, approve: false, reason: 'x', ...change });
export const revoke = (change: object) => (rpcs: Rpcs) =>
  rpcs.revokeDeliberation({ requestId: id(), deliberationId: uuid, reason: 'x', ...change });
export const check = (change: object) => (rpcs: Rpcs) => rpcs.check({ ...question, ...change });
