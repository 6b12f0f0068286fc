import type { Decider, DomainEvent } from '@crossroads/eventsourcing/decider';
import type {
  Application,
  DataService,
  Deliberation,
  DocumentProvider,
  Draft,
  InscriptionGrant,
  Institution,
  SignInProvider,
  Term,
} from './policy-entities.js';
import { MAX_REGISTERED_DAYS } from '@crossroads/topology';
import { reject, requireCompatible, requireGrantable, requireNamed } from './policy.rules.js';

/** The institution that asks, by its certificate. Its key must still be registered when the change is made. */
export interface Actor {
  readonly enterpriseNumber: string;
  readonly application: string;
  readonly spki: string;
}

export type PolicyCommand = { readonly actor: Actor } & (
  | { readonly type: 'RegisterInstitution'; readonly institution: Omit<Institution, 'acceptedBy'> }
  | { readonly type: 'AcceptRepresentation'; readonly representative: string }
  | { readonly type: 'WithdrawRepresentation'; readonly representative: string; readonly represented: string }
  | { readonly type: 'RegisterApplication'; readonly application: Application /** ISO 8601. */; readonly time: string }
  | {
      readonly type: 'WithdrawKey';
      readonly enterpriseNumber: string;
      readonly application: string;
      readonly spkiHash: string;
    }
  | { readonly type: 'RegisterDataService'; readonly dataService: DataService }
  | { readonly type: 'RegisterSignInProvider'; readonly signInProvider: SignInProvider }
  | { readonly type: 'RegisterDocumentProvider'; readonly documentProvider: DocumentProvider }
  | { readonly type: 'RegisterTerms'; readonly terms: readonly Term[] }
  | { readonly type: 'GrantInscriptions'; readonly inscriptionGrant: InscriptionGrant }
  | { readonly type: 'SubmitDeliberation'; readonly draft: Draft }
  | {
      readonly type: 'DecideDeliberation';
      readonly deliberationId: string;
      readonly approve: boolean;
      readonly reason: string;
      /** ISO 8601. */
      readonly time: string;
    }
  | {
      readonly type: 'RevokeDeliberation';
      readonly deliberationId: string;
      readonly reason: string;
      readonly time: string;
    }
);

/** The enterprise number of the institution that made the change; absent for the first administrator. */
interface By {
  readonly by?: string;
}

/**
 * Each event holds the whole entity as it is after the change, so that watchers and rebuilds need no earlier event. One event
 * changes one entity: each policy revision is one change.
 */
export type PolicyEvent =
  | DomainEvent<'InstitutionRegistered', By & { readonly institution: Institution }>
  | DomainEvent<'RepresentationAccepted', By & { readonly institution: Institution }>
  | DomainEvent<'RepresentationWithdrawn', By & { readonly institution: Institution }>
  | DomainEvent<'ApplicationRegistered', By & { readonly application: Application }>
  | DomainEvent<'KeyWithdrawn', By & { readonly application: Application; readonly spkiHash: string }>
  | DomainEvent<'DataServiceRegistered', By & { readonly dataService: DataService }>
  | DomainEvent<'SignInProviderRegistered', By & { readonly signInProvider: SignInProvider }>
  | DomainEvent<'DocumentProviderRegistered', By & { readonly documentProvider: DocumentProvider }>
  | DomainEvent<'TermRegistered', By & { readonly term: Term }>
  | DomainEvent<'InscriptionsGranted', By & { readonly inscriptionGrant: InscriptionGrant }>
  | DomainEvent<'DeliberationSubmitted', By & { readonly deliberation: Deliberation }>
  | DomainEvent<'DeliberationApproved', By & { readonly deliberation: Deliberation; readonly reason: string }>
  | DomainEvent<'DeliberationRejected', By & { readonly deliberation: Deliberation; readonly reason: string }>
  | DomainEvent<'DeliberationRevoked', By & { readonly deliberation: Deliberation; readonly reason: string }>;

export interface PolicyState {
  readonly institutions: Map<string, Institution>;
  /** By `applicationKey`. */
  readonly applications: Map<string, Application>;
  /** Each hash that was ever registered, with its application. A hash never moves to another application. */
  readonly keys: Map<string, { readonly application: string; readonly withdrawn: boolean }>;
  readonly dataServices: Map<string, DataService>;
  readonly signInProviders: Map<string, SignInProvider>;
  readonly documentProviders: Map<string, DocumentProvider>;
  readonly inscriptionGrants: Map<string, InscriptionGrant>;
  readonly deliberations: Map<string, Deliberation>;
  /** By `termKey`. */
  readonly terms: Map<string, Term>;
}

export const applicationKey = (enterpriseNumber: string, name: string): string => `${enterpriseNumber}/${name}`;

export const termKey = ({ kind, name }: Pick<Term, 'kind' | 'name'>): string => `${kind} ${name}`;

/** Allows a key roll-over on each of several machines. */
export const MAX_KEYS = 20;

export const policy: Decider<PolicyState, PolicyCommand, PolicyEvent> = {
  initialState: () => ({
    institutions: new Map(),
    applications: new Map(),
    keys: new Map(),
    dataServices: new Map(),
    signInProviders: new Map(),
    documentProviders: new Map(),
    inscriptionGrants: new Map(),
    deliberations: new Map(),
    terms: new Map(),
  }),

  decide(command, state) {
    const { actor } = command;
    const by = actor.enterpriseNumber;
    requireKey(actor, state);
    switch (command.type) {
      case 'RegisterInstitution': {
        requireAdministrator(actor, state);
        const institution = withAcceptance(command.institution, state);
        if (equal(state.institutions.get(institution.enterpriseNumber), institution)) return [];
        for (const represented of institution.represents)
          requireInstitution(represented, state, institution.enterpriseNumber);
        if (!institution.roles.includes('ADMINISTRATOR'))
          requireAnotherAdministrator(institution.enterpriseNumber, '', state);
        return [{ type: 'InstitutionRegistered', data: { institution, by } }];
      }
      case 'AcceptRepresentation': {
        const { representative } = command;
        const institution = representativeOf(representative, by, state);
        if (institution.acceptedBy.includes(by)) return [];
        const acceptedBy = [...institution.acceptedBy, by];
        return [{ type: 'RepresentationAccepted', data: { institution: { ...institution, acceptedBy }, by } }];
      }
      case 'WithdrawRepresentation': {
        const { representative, represented } = command;
        if (representative !== by && represented !== by && !isAdministrator(actor, state))
          throw reject(
            'NOT_YOUR_REPRESENTATION',
            'who acts, for whom it acts, and administrators end a representation',
          );
        const institution = representativeOf(representative, represented, state);
        const remaining = (numbers: readonly string[]) => numbers.filter((number) => number !== represented);
        const ended = {
          ...institution,
          represents: remaining(institution.represents),
          acceptedBy: remaining(institution.acceptedBy),
        };
        return [{ type: 'RepresentationWithdrawn', data: { institution: ended, by } }];
      }
      case 'RegisterApplication': {
        requireAdministrator(actor, state);
        requireEndInTime(command.application, command.time);
        requireAdministeringKey(command.application, state);
        return registerApplication(command.application, by, state);
      }
      case 'WithdrawKey': {
        const { enterpriseNumber, application: name, spkiHash } = command;
        if (enterpriseNumber !== by && !isAdministrator(actor, state))
          throw reject('NOT_YOUR_KEY', 'only administrators withdraw keys of another institution');
        const application = state.applications.get(applicationKey(enterpriseNumber, name));
        if (!application?.spkiHashes.includes(spkiHash))
          throw reject('KEY_NOT_FOUND', 'this key is not registered for this application');
        requireAnotherAdministrator(enterpriseNumber, spkiHash, state);
        const spkiHashes = application.spkiHashes.filter((hash) => hash !== spkiHash);
        return [{ type: 'KeyWithdrawn', data: { application: { ...application, spkiHashes }, spkiHash, by } }];
      }
      case 'RegisterDataService': {
        requireAdministrator(actor, state);
        const { dataService } = command;
        const before = state.dataServices.get(dataService.name);
        if (equal(before, dataService)) return [];
        const { source } = dataService.supplier;
        if (!source.startsWith('service:')) requireInstitution(source, state);
        for (const { enterpriseNumber } of dataService.reporters) requireInstitution(enterpriseNumber, state);
        if (before) requireCompatible(before, dataService);
        return [{ type: 'DataServiceRegistered', data: { dataService, by } }];
      }
      case 'RegisterSignInProvider': {
        requireAdministrator(actor, state);
        const { signInProvider } = command;
        if (equal(state.signInProviders.get(signInProvider.issuer), signInProvider)) return [];
        return [{ type: 'SignInProviderRegistered', data: { signInProvider, by } }];
      }
      case 'RegisterDocumentProvider': {
        const { documentProvider } = command;
        if (!isAdministrator(actor, state)) requireOwnDocumentProvider(documentProvider, by, state);
        requireInstitution(documentProvider.enterpriseNumber, state);
        if (equal(state.documentProviders.get(documentProvider.enterpriseNumber), documentProvider)) return [];
        return [{ type: 'DocumentProviderRegistered', data: { documentProvider, by } }];
      }
      case 'RegisterTerms': {
        requireAdministrator(actor, state);
        for (const term of command.terms) requireNamed(term, state.dataServices);
        return command.terms
          .filter((term) => !equal(state.terms.get(termKey(term)), term))
          .map((term): PolicyEvent => ({ type: 'TermRegistered', data: { term, by } }));
      }
      case 'GrantInscriptions': {
        requireCommittee(actor, state);
        const { inscriptionGrant } = command;
        const { enterpriseNumber } = inscriptionGrant;
        if (enterpriseNumber === by)
          throw reject('DECIDER_IS_RECIPIENT', 'nobody decides on whom it may inscribe itself');
        requireInstitution(enterpriseNumber, state);
        if (equal(state.inscriptionGrants.get(enterpriseNumber), inscriptionGrant)) return [];
        return [{ type: 'InscriptionsGranted', data: { inscriptionGrant, by } }];
      }
      case 'SubmitDeliberation': {
        const { draft } = command;
        if (draft.recipient !== by && !isAdministrator(actor, state))
          throw reject('NOT_THE_RECIPIENT', 'a deliberation is submitted by its recipient or by an administrator');
        requireInstitution(draft.recipient, state);
        for (const grant of draft.grants) requireGrantable(grant, state.dataServices);
        return [
          {
            type: 'DeliberationSubmitted',
            data: { deliberation: { ...draft, state: 'SUBMITTED', submittedBy: by }, by },
          },
        ];
      }
      case 'DecideDeliberation': {
        requireCommittee(actor, state);
        const { approve, reason, time: decideTime } = command;
        const deliberation = deliberationOf(command.deliberationId, state);
        if (deliberation.state !== 'SUBMITTED')
          throw reject('DELIBERATION_NOT_SUBMITTED', 'only a submitted deliberation can be decided', {
            state: deliberation.state,
          });
        if (deliberation.submittedBy === by)
          throw reject('DECIDER_IS_SUBMITTER', 'somebody else decides than who submitted');
        if (deliberation.recipient === by)
          throw reject('DECIDER_IS_RECIPIENT', 'nobody decides on what it would receive itself');
        return approve
          ? [
              {
                type: 'DeliberationApproved',
                data: { deliberation: { ...deliberation, state: 'APPROVED', decideTime }, reason, by },
              },
            ]
          : [
              {
                type: 'DeliberationRejected',
                data: { deliberation: { ...deliberation, state: 'REJECTED', decideTime }, reason, by },
              },
            ];
      }
      case 'RevokeDeliberation': {
        requireCommittee(actor, state);
        const deliberation = deliberationOf(command.deliberationId, state);
        if (deliberation.state !== 'APPROVED')
          throw reject('DELIBERATION_NOT_APPROVED', 'only an approved deliberation can be revoked', {
            state: deliberation.state,
          });
        const revoked = { ...deliberation, state: 'REVOKED' as const, revokeTime: command.time };
        return [{ type: 'DeliberationRevoked', data: { deliberation: revoked, reason: command.reason, by } }];
      }
    }
  },

  /** Mutates the given state: copying 10,000 deliberations for each event would dominate the cost. */
  evolve(state, { type, data }) {
    switch (type) {
      case 'InstitutionRegistered':
      case 'RepresentationAccepted':
      case 'RepresentationWithdrawn':
        state.institutions.set(data.institution.enterpriseNumber, data.institution);
        break;
      case 'ApplicationRegistered':
      case 'KeyWithdrawn': {
        const { application } = data;
        const key = applicationKey(application.enterpriseNumber, application.name);
        state.applications.set(key, application);
        for (const hash of application.spkiHashes) state.keys.set(hash, { application: key, withdrawn: false });
        if (type === 'KeyWithdrawn') state.keys.set(data.spkiHash, { application: key, withdrawn: true });
        break;
      }
      case 'DataServiceRegistered':
        state.dataServices.set(data.dataService.name, data.dataService);
        break;
      case 'SignInProviderRegistered':
        state.signInProviders.set(data.signInProvider.issuer, data.signInProvider);
        break;
      case 'DocumentProviderRegistered':
        state.documentProviders.set(data.documentProvider.enterpriseNumber, data.documentProvider);
        break;
      case 'TermRegistered':
        state.terms.set(termKey(data.term), data.term);
        break;
      case 'InscriptionsGranted':
        state.inscriptionGrants.set(data.inscriptionGrant.enterpriseNumber, data.inscriptionGrant);
        break;
      case 'DeliberationSubmitted':
      case 'DeliberationApproved':
      case 'DeliberationRejected':
      case 'DeliberationRevoked':
        state.deliberations.set(data.deliberation.deliberationId, data.deliberation);
        break;
    }
    return state;
  },
};

/** Administrators say who may act for whom, and the represented agree themselves: one word of the two is no representation. */
const withAcceptance = (requested: Omit<Institution, 'acceptedBy'>, state: PolicyState): Institution => {
  const accepted = state.institutions.get(requested.enterpriseNumber)?.acceptedBy ?? [];
  return { ...requested, acceptedBy: accepted.filter((number) => requested.represents.includes(number)) };
};

const representativeOf = (representative: string, represented: string, state: PolicyState): Institution => {
  const institution = state.institutions.get(representative);
  if (!institution?.represents.includes(represented))
    throw reject(
      'REPRESENTATION_NOT_FOUND',
      'administrators have not registered that this institution represents the other; ask them to',
    );
  return institution;
};

/** Whoever is forgotten loses its rights by itself. */
const requireEndInTime = ({ notAfter }: Application, time: string): void => {
  const days = (Date.parse(notAfter) - Date.parse(time)) / DAY_MS;
  if (days <= 0 || days > MAX_REGISTERED_DAYS)
    throw reject('END_OUT_OF_RANGE', `not_after must be in the future, and at most ${MAX_REGISTERED_DAYS} days ahead`);
};

const DAY_MS = 86_400_000;

const registerApplication = (requested: Application, by: string, state: PolicyState): PolicyEvent[] => {
  requireInstitution(requested.enterpriseNumber, state);
  const key = applicationKey(requested.enterpriseNumber, requested.name);
  const known = state.applications.get(key);
  const before = known?.spkiHashes ?? [];
  const added = requested.spkiHashes.filter((hash) => !before.includes(hash));
  for (const hash of added) {
    const owner = state.keys.get(hash);
    if (owner?.withdrawn) throw reject('KEY_WITHDRAWN', 'a key that was withdrawn stays withdrawn; make a new one');
    if (owner)
      throw reject('KEY_OF_ANOTHER_APPLICATION', 'this key is registered for another application; make a new one');
  }
  const spkiHashes = [...before, ...added];
  if (known && equal(known, { ...requested, spkiHashes })) return [];
  if (spkiHashes.length > MAX_KEYS)
    throw reject('TOO_MANY_KEYS', `an application has at most ${MAX_KEYS} keys; withdraw one first`);
  return [{ type: 'ApplicationRegistered', data: { application: { ...requested, spkiHashes }, by } }];
};

const hasKey = (actor: Actor, state: PolicyState): boolean =>
  state.institutions.has(actor.enterpriseNumber) &&
  (state.applications.get(applicationKey(actor.enterpriseNumber, actor.application))?.spkiHashes.includes(actor.spki) ??
    false);

export const requireKey = (actor: Actor, state: PolicyState): void => {
  if (!hasKey(actor, state)) throw reject('KEY_NOT_REGISTERED', 'the key of this certificate is not registered');
};

const isAdministrator = ({ enterpriseNumber }: Actor, state: PolicyState): boolean =>
  state.institutions.get(enterpriseNumber)?.roles.includes('ADMINISTRATOR') ?? false;

export const requireAdministrator = (actor: Actor, state: PolicyState): void => {
  if (!isAdministrator(actor, state)) throw reject('NOT_AN_ADMINISTRATOR', 'only administrators may do this');
};

/** A document provider plans its own maintenance, moves and renews its keys. Only administrators say from when until when it is one. */
const requireOwnDocumentProvider = (changed: DocumentProvider, by: string, state: PolicyState): void => {
  const before = changed.enterpriseNumber === by ? state.documentProviders.get(by) : undefined;
  if (!before) throw reject('NOT_AN_ADMINISTRATOR', 'only administrators register a document provider');
  if (!equal(before.activity, changed.activity))
    throw reject(
      'NOT_AN_ADMINISTRATOR',
      'only administrators change the activity of a document provider; repeat yours',
    );
};

const requireCommittee = ({ enterpriseNumber }: Actor, state: PolicyState): void => {
  if (!state.institutions.get(enterpriseNumber)?.roles.includes('COMMITTEE'))
    throw reject('NOT_THE_COMMITTEE', 'only the committee may do this');
};

/** An application that administered, and shall no longer, may not have been the last one. */
const requireAdministeringKey = ({ enterpriseNumber, name, rights }: Application, state: PolicyState): void => {
  const before = state.applications.get(applicationKey(enterpriseNumber, name));
  if (!before?.rights.includes('administer') || rights.includes('administer')) return;
  const applications = new Map(state.applications);
  applications.delete(applicationKey(enterpriseNumber, name));
  requireAnotherAdministrator('', '', { ...state, applications });
};

/** Without an administrator who has a key with the right the policy could never be changed again. */
const requireAnotherAdministrator = (enterpriseNumber: string, withdrawn: string, state: PolicyState): void => {
  if (enterpriseNumber !== '' && !state.institutions.get(enterpriseNumber)?.roles.includes('ADMINISTRATOR')) return;
  for (const application of state.applications.values()) {
    const institution = state.institutions.get(application.enterpriseNumber);
    if (!institution?.roles.includes('ADMINISTRATOR') || !application.rights.includes('administer')) continue;
    const isAffected = institution.enterpriseNumber === enterpriseNumber;
    // The institution itself loses the withdrawn key only; all of its keys when it is to lose its role.
    const remaining = application.spkiHashes.filter((hash) => !isAffected || (withdrawn !== '' && hash !== withdrawn));
    if (remaining.length > 0) return;
  }
  throw reject('LAST_ADMINISTRATOR', 'no administrator with a key would be left; register another one first');
};

const requireInstitution = (enterpriseNumber: string, state: PolicyState, exceptFor?: string): void => {
  if (enterpriseNumber === exceptFor || state.institutions.has(enterpriseNumber)) return;
  throw reject('UNKNOWN_INSTITUTION', 'this institution is not registered; register it first', { enterpriseNumber });
};

const deliberationOf = (deliberationId: string, state: PolicyState): Deliberation => {
  const deliberation = state.deliberations.get(deliberationId);
  if (!deliberation) throw reject('DELIBERATION_NOT_FOUND', 'there is no such deliberation', { deliberationId });
  return deliberation;
};

/** Stored events come from `jsonb`, which does not keep the order of an object's members. */
const equal = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
