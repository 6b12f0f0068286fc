import { setTimeout as delay } from 'node:timers/promises';
import { Database, ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ReplayStep } from './replay-step.js';

const POLL_MS = 1_000;
const RETRY_MS = 500;

const onError = warn('replay');

/** Replays deliveries, a batch of each replay in turn, in one process at a time. */
@Injectable()
export class ReplayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private wake: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly step: ReplayStep,
  ) {}

  onApplicationBootstrap(): void {
    // A replay is requested by an append to the log, here or in another process.
    this.unsubscribe = this.db.session.onLogGrown(() => this.wake());
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe();
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        if (await this.work.run('replays', () => this.round())) continue;
      } catch (error) {
        if (!signal.aborted) onError(error);
        await this.pause(RETRY_MS);
      }
      await Promise.race([woken, this.pause(POLL_MS)]);
    }
  }

  /** @returns whether there may be more */
  private async round(): Promise<boolean> {
    const replays = await this.step.running();
    for (const replay of replays) {
      if (this.stopping.signal.aborted) return false;
      await this.step.run(replay);
    }
    return replays.length > 0;
  }

  private async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
