import { setTimeout as delay } from 'node:timers/promises';
import { ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MAX_BATCH_SIZE, TimerSweep } from './timer-sweep.js';

const POLL_MS = 2_000;

const onError = warn('message timers');

/** Sweeps the timers of messages, in one process at a time. */
@Injectable()
export class TimerJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly work: ExclusiveWork,
    private readonly timers: TimerSweep,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const swept = await this.work.run('message timers', () => this.timers.sweep()).catch(onError);
      if (swept !== MAX_BATCH_SIZE) await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
