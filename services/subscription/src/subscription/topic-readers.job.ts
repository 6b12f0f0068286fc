import { warn } from '@crossroads/grpc';
import { Bus } from '@crossroads/messaging';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { SubscriberTopics } from './subscriber-topics.js';
import { SubscriptionRepository } from './subscription.repository.js';

/** Lets applications that an institution registers after it has subscribed read its topic, too. */
@Injectable()
export class TopicReadersJob implements OnModuleInit, OnModuleDestroy {
  private pending: Promise<unknown> = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly policy: PolicyFollower,
    private readonly subscriptions: SubscriptionRepository,
    private readonly topics: SubscriberTopics,
    private readonly bus: Bus,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.policy.onChange(({ entity }) => {
      if (entity?.$case !== 'application') return;
      const { enterpriseNumber } = entity.value;
      this.pending = this.pending.then(() => this.ensure(enterpriseNumber)).catch(warn('topic readers'));
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    this.bus.stopConnecting();
    await this.pending;
  }

  private async ensure(institution: string): Promise<void> {
    // At start the policy can be there before the bus is.
    await this.bus.whenOpen();
    if (await this.subscriptions.isSubscriber(institution)) await this.topics.ensure(institution);
  }
}
