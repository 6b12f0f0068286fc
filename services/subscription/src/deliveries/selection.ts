import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { IsoDay } from '@crossroads/identifiers';
import { cut, decide, type JsonObject, type Policy } from '@crossroads/policy';
import type { DecidedDelivery } from './delivery-message.js';

/** A subscription as far as a decision needs it. */
export interface SubscribedTo {
  readonly subscriptionId: string;
  readonly institution: string;
  readonly inscriptionContext: string;
  readonly dataService: string;
  readonly legalContext: string;
}

export interface ReadMutation {
  readonly ceSource: string;
  readonly ceId: string;
  readonly traceparent?: string;
  readonly mutation: Mutation;
}

/** This service has itself established for whom it asks. */
const MESH_PEER = { kind: 'service', name: 'subscription', spki: '' } as const;

/**
 * Whether one subscriber gets one mutation, and what of it. Nothing when the person is not inscribed there, the grant does
 * not allow it, or none of the changed groups may be seen: that something changed is information, too.
 */
export const decideDelivery = (
  policy: Policy,
  subscription: SubscribedTo,
  { ceSource, ceId, mutation, traceparent }: ReadMutation,
  inscriptions: readonly Inscription[],
  day: IsoDay,
): DecidedDelivery | undefined => {
  const service = policy.dataService(mutation.dataService);
  if (!service || mutation.changedFieldGroups.length === 0) return undefined;
  const known = inscriptions.some(
    ({ institution, inscriptionContext }) =>
      institution === subscription.institution && inscriptionContext === subscription.inscriptionContext,
  );
  const decision = decide(policy, {
    customer: subscription.institution,
    peer: MESH_PEER,
    dataService: mutation.dataService,
    requestedFieldGroups: mutation.changedFieldGroups,
    legalContext: subscription.legalContext,
    inscriptionContexts: known ? [subscription.inscriptionContext] : [],
    mode: 'subscription',
    day,
  });
  if (!decision.allowed) return undefined;
  const { data, filtered } = cut(
    toJsonObject(mutation.data),
    service,
    decision.fieldGroups,
    mutation.changedFieldGroups,
  );
  return {
    subscriptionId: subscription.subscriptionId,
    institution: subscription.institution,
    inscriptionContext: subscription.inscriptionContext,
    legalContext: subscription.legalContext,
    mutation,
    ceSource,
    ceId,
    supplier: service.supplier?.source ?? mutation.reporter,
    deliberationId: decision.deliberationIds[0],
    policyRevision: decision.policyRevision,
    releasedFieldGroups: decision.fieldGroups,
    data,
    filtered,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
};

export type GrantState =
  | { readonly granted: true }
  | { readonly granted: false; readonly closing: 'GRANT_REVOKED' | 'GRANT_EXPIRED' };

/** Whether a subscription still stands on a grant, whoever it is about. A grant that only begins later still stands. */
export const grantState = (policy: Policy, subscription: SubscribedTo, day: IsoDay): GrantState => {
  const decision = decide(policy, {
    customer: subscription.institution,
    peer: MESH_PEER,
    dataService: subscription.dataService,
    requestedFieldGroups: [],
    legalContext: subscription.legalContext,
    inscriptionContexts: [subscription.inscriptionContext],
    mode: 'subscription',
    day,
  });
  if (decision.allowed || decision.reason === 'DELIBERATION_NOT_YET_VALID') return { granted: true };
  return { granted: false, closing: decision.reason === 'DELIBERATION_EXPIRED' ? 'GRANT_EXPIRED' : 'GRANT_REVOKED' };
};

// A Struct holds JSON and nothing else.
const toJsonObject = (struct: { readonly [key: string]: unknown } | undefined): JsonObject =>
  (struct ?? {}) as JsonObject;
