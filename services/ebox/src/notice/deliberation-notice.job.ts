import { ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliberationNotices } from './deliberation-notices.js';

const POLL_MS = 1_000;

/** Finds new deliberations in the policy, and has their notices published, in one process at a time. */
@Injectable()
export class DeliberationNoticeJob implements OnApplicationBootstrap, OnModuleDestroy {
  /** Deliberations of the first policy that this process has seen, until they are handled. */
  private first: readonly string[] | undefined;
  /** Deliberations that have changed since. */
  private readonly changed = new Set<string>();
  private unsubscribe: () => void = () => undefined;
  private hasPolicy = false;
  private readonly loop = new WorkLoop({ pass: () => this.tell(), onError: warn('deliberation notices') });

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
    this.seeAll();
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    await this.loop.stop();
  }

  /** At the first start of the service these are no news: what is approved from now on must not be among them. */
  private seeAll(): void {
    this.first = this.policy.heldDeliberationIds();
    this.hasPolicy = this.first !== undefined;
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

  private async tell(): Promise<number> {
    if (this.first) await this.notices.open(this.first);
    this.first = undefined;
    await this.openChanged();
    const told = await this.work.run('deliberation notices', () => this.notices.tellBatch());
    return told === true ? 0 : POLL_MS;
  }
}
