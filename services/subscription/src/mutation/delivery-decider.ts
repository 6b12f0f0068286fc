import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import type { DecidedDelivery } from '../delivery/decided-delivery.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';
import { DeliveryDecisions, type ReceivedMutation } from './decide-delivery.rules.js';

export type Decide = (subscription: IndexedSubscription, received: ReceivedMutation) => DecidedDelivery | undefined;

/** Decides by the policy in force. */
@Injectable()
export class DeliveryDecider {
  constructor(
    private readonly policy: PolicyFollower,
    private readonly clock: Clock,
  ) {}

  /** Remembers decisions for as long as neither the policy nor the day changes. The function throws `POLICY_STALE`. */
  forBatch(): Decide {
    let decisions: DeliveryDecisions | undefined;
    let madeFor = '';
    return (subscription, received) => {
      const policy = this.policy.policy();
      const day = dayOf(this.clock.now());
      const now = `${policy.revision} ${day}`;
      if (!decisions || now !== madeFor) [decisions, madeFor] = [new DeliveryDecisions(policy, day), now];
      return decisions.decide(subscription, received);
    };
  }
}
