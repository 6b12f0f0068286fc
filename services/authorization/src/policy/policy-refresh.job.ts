import { setTimeout as delay } from 'node:timers/promises';
import { ReadinessChecks } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { observe } from '@crossroads/telemetry';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LivePolicy } from './live-policy.js';

/** Keeps the policy in memory up to date: at each hint that the log has grown, and periodically, since hints can be lost. */
@Injectable()
export class PolicyRefreshJob implements OnModuleInit, OnModuleDestroy {
  protected readonly intervalMs: number = 250;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private readonly endings: (() => void)[] = [];
  private readonly onError = warn('policy stream');

  constructor(
    private readonly live: LivePolicy,
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
      observe('crossroads.policy_age.seconds', () => live.ageMs / 1_000),
      observe('crossroads.policy_revision', () => Number(live.revision)),
    );
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    for (const end of this.endings) end();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // Started before the read, so that the read counts as part of the interval.
      const pause = delay(this.intervalMs, undefined, { signal }).catch(() => {});
      await this.live.heartbeat().catch(this.onError);
      await pause;
    }
  }
}
