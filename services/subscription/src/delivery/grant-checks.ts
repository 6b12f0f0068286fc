import { Clock } from '@crossroads/configuration';
import { dayOf } from '@crossroads/identifiers';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LiveSubscriptions } from '../subscription/live-subscriptions.js';
import { SubscriptionCloser } from '../subscription/subscription-closer.js';
import type { ClosingReason } from '../subscription/subscription.decider.js';
import { type GrantedTerms, lostGrant } from './lost-grant.rules.js';
import { TimeSlices } from './time-slices.js';

/** A grant also ends by the calendar, without a change of the policy. */
const CHECK_MS = 30_000;

/** Closes subscriptions that have lost their grant. */
@Injectable()
export class GrantChecks implements OnApplicationBootstrap, OnModuleDestroy {
  private checkedAt = Number.NEGATIVE_INFINITY;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly policy: PolicyFollower,
    private readonly subscriptions: LiveSubscriptions,
    private readonly closer: SubscriptionCloser,
    private readonly clock: Clock,
  ) {}

  /** Set by the relay, which calls `closeUngranted` then. */
  onChange: () => void = () => undefined;

  onApplicationBootstrap(): void {
    this.unsubscribe = this.policy.onChange(({ entity }) => {
      if (entity?.$case !== 'deliberation' && entity?.$case !== 'dataService') return;
      this.checkedAt = Number.NEGATIVE_INFINITY;
      this.onChange();
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  get revision(): bigint {
    return this.policy.policy().revision;
  }

  /** Why it may not be delivered any more, by the policy in force. @throws Unavailable `POLICY_STALE` */
  lost(terms: GrantedTerms): ClosingReason | undefined {
    return lostGrant(this.policy.policy(), terms, dayOf(this.clock.now()));
  }

  /** Does nothing while neither the policy nor, for half a minute, the calendar can have ended a grant. */
  async closeUngranted(): Promise<void> {
    const now = performance.now();
    if (now - this.checkedAt < CHECK_MS) return;
    // Set before: a change of the policy meanwhile resets it.
    this.checkedAt = now;
    try {
      const index = await this.subscriptions.fresh();
      const slices = new TimeSlices();
      const lost: { readonly subscriptionId: string; readonly reason: ClosingReason }[] = [];
      for (const one of index.all()) {
        const reason = this.lost(one);
        if (reason) lost.push({ subscriptionId: one.subscriptionId, reason });
        await slices.next();
      }
      for (const { subscriptionId, reason } of lost) await this.closer.closeUngranted(subscriptionId, reason);
    } catch (error) {
      this.checkedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  close(subscriptionId: string, reason: ClosingReason): Promise<void> {
    return this.closer.closeUngranted(subscriptionId, reason);
  }
}
