import { warn } from '@crossroads/grpc';
import type { PolicyFollower } from '@crossroads/policy';
import { type InstitutionTopics, topicOfInstitution } from '@crossroads/topology';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Bus } from '../bus/bus.js';

const onError = warn('topic readers');

export interface TopicOwner {
  readonly institution: string;
  /** Of its topic. @default 1 */
  readonly partitions?: number;
}

/**
 * Creates topics of which each institution has its own, readable by the applications that the institution has registered, and lets
 * applications that it registers later read it, too.
 */
export class TopicProvisioning implements OnModuleInit, OnModuleDestroy {
  /** Institutions whose applications have changed. */
  private readonly changed = new Set<string>();
  private pending: Promise<unknown> = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  /** @param owners the institutions that have such a topic already, or will need one */
  constructor(
    private readonly topics: InstitutionTopics,
    private readonly owners: () => Promise<readonly TopicOwner[]>,
    private readonly bus: Bus,
    private readonly policy: PolicyFollower,
  ) {}

  /**
   * Changes nothing when topic and readers are there already.
   * @param partitions of a new topic: 1, or 4 or 16 for an institution with much traffic
   * @returns the number of partitions of the topic: an existing one keeps its own
   * @throws BrokerUnavailable
   */
  ensure(institution: string, partitions = 1): Promise<number> {
    return this.bus.requireOpen().ensureTopic({
      name: topicOfInstitution(this.topics, institution),
      partitions,
      keepsPartitions: true,
      retentionDays: this.topics.retentionDays,
      readers: this.policy
        .policy()
        .applicationsOf(institution)
        .map((application) => `CN=${application},O=${institution}`),
    });
  }

  onModuleInit(): void {
    this.unsubscribe = this.policy.onChange(({ entity }) => {
      if (entity?.$case !== 'application') return;
      this.changed.add(entity.value.enterpriseNumber);
      this.start(() => this.ensureChanged());
    });
    // Nobody has heard of the applications of a snapshot that was there before this listener.
    if (this.policy.revision > 0n) this.start(async () => this.ensureAll(await this.owners()));
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    this.bus.stopConnecting();
    await this.pending;
  }

  private start(work: () => Promise<void>): void {
    // At start the policy can be there before the bus is.
    this.pending = this.pending
      .then(() => this.bus.whenOpen())
      .then(work)
      .catch(onError);
  }

  private async ensureChanged(): Promise<void> {
    // Those of one snapshot are handled together.
    if (this.changed.size === 0) return;
    const changed = (await this.owners()).filter(({ institution }) => this.changed.has(institution));
    this.changed.clear();
    await this.ensureAll(changed);
  }

  private async ensureAll(owners: readonly TopicOwner[]): Promise<void> {
    for (const { institution, partitions } of owners) await this.ensure(institution, partitions).catch(onError);
  }
}
