import type { RecordedReason } from '@crossroads/policy';
import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import type { CompiledDataService } from '@crossroads/policy/decide';
import { Injectable } from '@nestjs/common';
import { decideGrant } from '../subscription/grant-decision.rules.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';

/** What a subscription gets of each person, by the policy in force. */
export type SnapshotGrant =
  | {
      readonly allowed: true;
      readonly service: CompiledDataService;
      /** Those that the subscription has chosen, or all. */
      readonly asked: readonly string[];
      readonly fieldGroups: readonly string[];
      readonly deliberationId: string;
      readonly policyRevision: bigint;
    }
  | { readonly allowed: false; readonly reason: RecordedReason };

@Injectable()
export class SnapshotGrants {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /** @throws Unavailable `POLICY_STALE` */
  of(subscription: IndexedSubscription): SnapshotGrant {
    const policy = this.policy.policy();
    const service = policy.dataService(subscription.dataService);
    if (!service) return { allowed: false, reason: 'UNKNOWN_DATA_SERVICE' };
    const asked = subscription.fieldGroups.length > 0 ? subscription.fieldGroups : [...service.fieldGroups.keys()];
    const decision = decideGrant(policy, subscription, dayOf(this.clock.now()), { fieldGroups: asked });
    if (!decision.allowed) return { allowed: false, reason: decision.reason };
    const { fieldGroups, policyRevision } = decision;
    return { allowed: true, service, asked, fieldGroups, deliberationId: decision.deliberationIds[0], policyRevision };
  }
}

/** Whether it still allows all that a record says. */
export const covers = (grant: SnapshotGrant, fieldGroups: readonly string[]): boolean =>
  grant.allowed && fieldGroups.every((group) => grant.fieldGroups.includes(group));
