import type { Mutation } from '@crossroads/contracts/mutation/v1/mutation';
import type { IsoDay } from '@crossroads/identifiers';
import { cut, type JsonObject, type Policy } from '@crossroads/policy/decide';
import type { DecidedDelivery } from '../delivery/decided-delivery.js';
import { decideGrant } from '../subscription/grant-decision.rules.js';
import type { SubscriptionWithTerms } from '../subscription/subscription-queries.js';

/** A mutation as it came, with the identity of its event. */
export interface ReceivedMutation {
  readonly ceSource: string;
  readonly ceId: string;
  readonly traceparent?: string;
  readonly mutation: Mutation;
}

/** In which context an institution has inscribed a person. */
export interface Inscription {
  readonly institution: string;
  readonly inscriptionContext: string;
}

/**
 * Whether a subscriber gets a mutation, and what of it. Nothing when the institution has not inscribed the person, when the
 * grant does not allow it, or when it covers none of the changed field groups: that something changed is information, too.
 */
export const decideDelivery = (
  policy: Policy,
  subscription: SubscriptionWithTerms,
  { mutation, ...event }: ReceivedMutation,
  inscriptions: readonly Inscription[],
  day: IsoDay,
): DecidedDelivery | undefined => {
  const service = policy.dataService(mutation.dataService);
  if (!service || mutation.changedFieldGroups.length === 0) return undefined;
  const { subscriptionId, institution, inscriptionContext, legalContext } = subscription;
  const isInscribed = inscriptions.some(
    (one) => one.institution === institution && one.inscriptionContext === inscriptionContext,
  );
  const decision = decideGrant(policy, subscription, day, { fieldGroups: mutation.changedFieldGroups, isInscribed });
  if (!decision.allowed) return undefined;
  const { data, filtered } = cut(
    toJsonObject(mutation.data),
    service,
    decision.fieldGroups,
    mutation.changedFieldGroups,
  );
  return {
    ...event,
    subscriptionId,
    institution,
    inscriptionContext,
    legalContext,
    mutation,
    supplier: service.supplier?.source ?? mutation.reporter,
    deliberationId: decision.deliberationIds[0],
    policyRevision: decision.policyRevision,
    releasedFieldGroups: decision.fieldGroups,
    data,
    filtered,
  };
};

// A Struct holds JSON and nothing else.
const toJsonObject = (struct: { readonly [key: string]: unknown } | undefined): JsonObject =>
  (struct ?? {}) as JsonObject;
