import type { IsoDay } from '@crossroads/identifiers';
import type { Policy } from '@crossroads/policy/decide';
import { type DeliveryOptions, decideGrant, type SubscriptionTerms } from '../subscription/grant-decision.rules.js';
import type { ClosingReason } from '../subscription/subscription.decider.js';

/** With the field groups of which at least one must be granted; empty: any. */
export type GrantedTerms = SubscriptionTerms & Pick<DeliveryOptions, 'fieldGroups'>;

/** Why a subscription has to be closed; nothing while a grant covers it, also one that begins later. */
export const lostGrant = (policy: Policy, terms: GrantedTerms, day: IsoDay): ClosingReason | undefined => {
  const decision = decideGrant(policy, terms, day, terms);
  if (decision.allowed || decision.reason === 'DELIBERATION_NOT_YET_VALID') return undefined;
  return decision.reason === 'DELIBERATION_EXPIRED' ? 'GRANT_EXPIRED' : 'GRANT_REVOKED';
};
