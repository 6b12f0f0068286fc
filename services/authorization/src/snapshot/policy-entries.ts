import { applicationKey, termKey, type PolicyEvent, type PolicyState } from '../policy/policy.decider.js';

/** A map of the state. */
type EntryKind = keyof PolicyState;

/** One value of the state, by its map and its key there. */
export interface EntryKey {
  readonly kind: EntryKind;
  readonly id: string;
}

/** What an event changes in the state. Anything that is left out would be missing after the next start. */
export const entriesChangedBy = (event: PolicyEvent): EntryKey[] => {
  switch (event.type) {
    case 'InstitutionRegistered':
    case 'RepresentationAccepted':
    case 'RepresentationWithdrawn':
      return [{ kind: 'institutions', id: event.data.institution.enterpriseNumber }];
    case 'ApplicationRegistered':
    case 'KeyWithdrawn': {
      const { enterpriseNumber, name, spkiHashes } = event.data.application;
      const keys = event.type === 'KeyWithdrawn' ? [...spkiHashes, event.data.spkiHash] : spkiHashes;
      return [
        { kind: 'applications', id: applicationKey(enterpriseNumber, name) },
        ...keys.map((id): EntryKey => ({ kind: 'keys', id })),
      ];
    }
    case 'DataServiceRegistered':
      return [{ kind: 'dataServices', id: event.data.dataService.name }];
    case 'SignInProviderRegistered':
      return [{ kind: 'signInProviders', id: event.data.signInProvider.issuer }];
    case 'DocumentProviderRegistered':
      return [{ kind: 'documentProviders', id: event.data.documentProvider.enterpriseNumber }];
    case 'TermRegistered':
      return [{ kind: 'terms', id: termKey(event.data.term) }];
    case 'InscriptionsGranted':
      return [{ kind: 'inscriptionGrants', id: event.data.inscriptionGrant.enterpriseNumber }];
    case 'DeliberationSubmitted':
    case 'DeliberationApproved':
    case 'DeliberationRejected':
    case 'DeliberationRevoked':
      return [{ kind: 'deliberations', id: event.data.deliberation.deliberationId }];
  }
};

/** Every value of the state. */
export function* entriesOf(state: PolicyState): Generator<EntryKey> {
  for (const kind of kinds) for (const id of state[kind].keys()) yield { kind, id };
}

const KINDS: Readonly<Record<EntryKind, true>> = {
  institutions: true,
  applications: true,
  keys: true,
  dataServices: true,
  signInProviders: true,
  documentProviders: true,
  inscriptionGrants: true,
  deliberations: true,
  terms: true,
};

const isKind = (text: string): text is EntryKind => Object.hasOwn(KINDS, text);
const kinds = Object.keys(KINDS).filter(isKind);

/** Puts a stored value back. @throws TypeError for a map that the state has not */
export const putEntry = (state: PolicyState, kind: string, id: string, value: unknown): void => {
  if (!isKind(kind)) throw new TypeError(`the state of the policy has no ${kind}`);
  const map: Map<string, unknown> = state[kind];
  map.set(id, value);
};
