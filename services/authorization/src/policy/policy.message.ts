import {
  type Application as ApplicationMessage,
  type DataService as DataServiceMessage,
  type Deliberation as DeliberationMessage,
  type DocumentProvider as DocumentProviderMessage,
  type Institution as InstitutionMessage,
  type PolicyEntity,
  Role as RoleMessage,
  DeliberationState as StateMessage,
  type Term as TermMessage,
  TermKind as TermKindMessage,
} from '@crossroads/contracts/authorization/v1/policy';
import type {
  Application,
  DataService,
  Deliberation,
  DeliberationState,
  DocumentProvider,
  Institution,
  Role,
  Term,
  TermKind,
} from './policy-entities.js';
import type { PolicyEvent, PolicyState } from './policy.decider.js';

/** The entity that an event changed, as it is after the change. */
export const entityOf = (event: PolicyEvent): PolicyEntity => {
  switch (event.type) {
    case 'InstitutionRegistered':
    case 'RepresentationAccepted':
    case 'RepresentationWithdrawn':
      return { entity: { $case: 'institution', value: institutionMessage(event.data.institution) } };
    case 'ApplicationRegistered':
    case 'KeyWithdrawn':
      return { entity: { $case: 'application', value: applicationMessage(event.data.application) } };
    case 'DataServiceRegistered':
      return { entity: { $case: 'dataService', value: dataServiceMessage(event.data.dataService) } };
    case 'SignInProviderRegistered':
      return { entity: { $case: 'signInProvider', value: event.data.signInProvider } };
    case 'DocumentProviderRegistered':
      return { entity: { $case: 'documentProvider', value: documentProviderMessage(event.data.documentProvider) } };
    case 'TermRegistered':
      return { entity: { $case: 'term', value: termMessage(event.data.term) } };
    case 'InscriptionsGranted':
      return { entity: { $case: 'inscriptionGrant', value: event.data.inscriptionGrant } };
    case 'DeliberationSubmitted':
    case 'DeliberationApproved':
    case 'DeliberationRejected':
    case 'DeliberationRevoked':
      return { entity: { $case: 'deliberation', value: deliberationMessage(event.data.deliberation) } };
  }
};

/** The whole policy. An entity comes after those that it refers to. */
export function* entitiesOf(state: PolicyState): Generator<PolicyEntity> {
  for (const institution of state.institutions.values())
    yield { entity: { $case: 'institution', value: institutionMessage(institution) } };
  for (const application of state.applications.values())
    yield { entity: { $case: 'application', value: applicationMessage(application) } };
  for (const value of state.signInProviders.values()) yield { entity: { $case: 'signInProvider', value } };
  for (const provider of state.documentProviders.values())
    yield { entity: { $case: 'documentProvider', value: documentProviderMessage(provider) } };
  for (const value of state.inscriptionGrants.values()) yield { entity: { $case: 'inscriptionGrant', value } };
  for (const dataService of state.dataServices.values())
    yield { entity: { $case: 'dataService', value: dataServiceMessage(dataService) } };
  for (const term of state.terms.values()) yield { entity: { $case: 'term', value: termMessage(term) } };
  for (const deliberation of state.deliberations.values())
    yield { entity: { $case: 'deliberation', value: deliberationMessage(deliberation) } };
}

const roles: Readonly<Record<Role, RoleMessage>> = {
  ADMINISTRATOR: RoleMessage.ROLE_ADMINISTRATOR,
  COMMITTEE: RoleMessage.ROLE_COMMITTEE,
};

const institutionMessage = (institution: Institution): InstitutionMessage => ({
  ...institution,
  roles: institution.roles.map((role) => roles[role]),
});

const applicationMessage = ({ notAfter, ...application }: Application): ApplicationMessage => ({
  ...application,
  notAfter: new Date(notAfter),
});

export const dataServiceMessage = ({ name, ...rest }: DataService): DataServiceMessage => ({
  dataService: name,
  ...rest,
});

const documentProviderMessage = ({ plannedMaintenance, ...provider }: DocumentProvider): DocumentProviderMessage => ({
  ...provider,
  plannedMaintenance: plannedMaintenance.map(({ startTime, endTime }) => ({
    startTime: instantOf(startTime),
    endTime: instantOf(endTime),
  })),
});

const states: Readonly<Record<DeliberationState, StateMessage>> = {
  SUBMITTED: StateMessage.DELIBERATION_STATE_SUBMITTED,
  APPROVED: StateMessage.DELIBERATION_STATE_APPROVED,
  REJECTED: StateMessage.DELIBERATION_STATE_REJECTED,
  REVOKED: StateMessage.DELIBERATION_STATE_REVOKED,
};

export const deliberationMessage = (deliberation: Deliberation): DeliberationMessage => ({
  deliberationId: deliberation.deliberationId,
  reference: deliberation.reference,
  title: deliberation.title,
  recipient: deliberation.recipient,
  grants: deliberation.grants,
  state: states[deliberation.state],
  decideTime: instantOf(deliberation.decideTime),
  revokeTime: instantOf(deliberation.revokeTime),
});

const termKinds: Readonly<Record<TermKind, TermKindMessage>> = {
  LEGAL_CONTEXT: TermKindMessage.TERM_KIND_LEGAL_CONTEXT,
  INSCRIPTION_CONTEXT: TermKindMessage.TERM_KIND_INSCRIPTION_CONTEXT,
  DATA_SERVICE: TermKindMessage.TERM_KIND_DATA_SERVICE,
  FIELD_GROUP: TermKindMessage.TERM_KIND_FIELD_GROUP,
};

export const termMessage = ({ kind, ...term }: Term): TermMessage => ({ ...term, kind: termKinds[kind] });

const instantOf = (time: string | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));
