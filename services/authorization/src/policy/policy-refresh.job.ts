import { ReadinessChecks } from '@crossroads/configuration';
import { Database, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { observe } from '@crossroads/telemetry';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PolicyForks } from '../fork/policy-forks.js';
import { LivePolicy } from './live-policy.js';
import { PolicyBeat } from './policy-beat.js';

/**
 * Keeps the policy in memory up to date: at each hint that the log has grown, and periodically, since hints can be lost. A commit follows
 * each periodic read.
 */
@Injectable()
export class PolicyRefreshJob implements OnModuleInit, OnModuleDestroy {
  protected readonly intervalMs: number = 250;
  private loop: WorkLoop | undefined;
  private saving: Promise<void> | undefined;
  private readonly endings: (() => void)[] = [];
  private readonly onError = warn('policy stream');

  constructor(
    private readonly live: LivePolicy,
    @Inject(PolicyBeat) private readonly beat: Pick<PolicyBeat, 'write'>,
    private readonly forks: PolicyForks,
    @Inject(Database) private readonly db: { readonly session: Pick<Database['session'], 'onLogGrown'> },
    checks: ReadinessChecks,
  ) {
    checks.add('policy', () => live.isFresh());
  }

  async onModuleInit(): Promise<void> {
    const { live } = this;
    await live.refresh();
    this.endings.push(
      this.db.session.onLogGrown(() => void live.refresh().catch(this.onError)),
      // Before the first beat there is no age.
      observe('crossroads.policy_age.seconds', () => (Number.isFinite(live.ageMs) ? live.ageMs / 1_000 : undefined)),
      observe('crossroads.policy_revision', () => Number(live.revision)),
      observe('crossroads.policy_forked', () => Number(this.forks.isOpen)),
      observe('crossroads.policy_needs_newer_version', () => Number(live.needsNewerVersion)),
    );
    const { intervalMs, onError } = this;
    this.loop = new WorkLoop({
      pass: () => this.pass(),
      onError,
      paceMs: intervalMs,
      backoffMs: { min: intervalMs, max: intervalMs },
    });
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    for (const end of this.endings) end();
    await this.loop?.stop();
    await this.saving;
  }

  private async pass(): Promise<number> {
    await this.live.heartbeat(() => this.beat.write());
    this.saveSnapshot();
    return 0;
  }

  /** Beside the beats, which it must not delay. */
  private saveSnapshot(): void {
    this.saving ??= this.live
      .saveSnapshot()
      .catch(warn('policy snapshot'))
      .finally(() => {
        this.saving = undefined;
      });
  }
}
