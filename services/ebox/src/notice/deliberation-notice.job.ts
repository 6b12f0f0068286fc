import { setTimeout as delay } from 'node:timers/promises';
import { ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliberationNotices } from './deliberation-notices.js';

const POLL_MS = 1_000;

const onError = warn('deliberation notices');

/** Finds new deliberations in the policy, and has their notices published, in one process at a time. */
@Injectable()
export class DeliberationNoticeJob implements OnApplicationBootstrap, OnModuleDestroy {
  /** Deliberations of the first policy that this process has seen, until they are handled. */
  private first: readonly string[] | undefined;
  /** Deliberations that have changed since. */
  private readonly changed = new Set<string>();
  private readonly stopping = new AbortController();
  private unsubscribe: () => void = () => undefined;
  private hasPolicy = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly work: ExclusiveWork,
    private readonly policy: PolicyFollower,
    private readonly notices: DeliberationNotices,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.policy.onChange(({ entity }) => {
      if (!this.hasPolicy) this.seeAll();
      else if (entity?.$case === 'deliberation') this.changed.add(entity.value.deliberationId);
    });
    if (this.policy.ready()) this.seeAll();
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe();
    await this.running;
  }

  /** At the first start of the service these are no news: what is approved from now on must not be among them. */
  private seeAll(): void {
    this.hasPolicy = true;
    this.first = this.policy.policy().deliberationIds();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const told = await this.step().catch(onError);
      if (told !== true) await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async openChanged(): Promise<void> {
    const changed = [...this.changed];
    if (changed.length === 0) return;
    // Before waiting: one of them may change again meanwhile.
    this.changed.clear();
    try {
      await this.notices.open(changed);
    } catch (error) {
      for (const id of changed) this.changed.add(id);
      throw error;
    }
  }

  private async step(): Promise<boolean | undefined> {
    if (this.first) await this.notices.open(this.first);
    this.first = undefined;
    await this.openChanged();
    return this.work.run('deliberation notices', () => this.notices.tellBatch());
  }
}
