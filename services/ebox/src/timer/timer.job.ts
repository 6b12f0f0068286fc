import { ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { MAX_BATCH_SIZE, TimerSweep } from './timer-sweep.js';

const POLL_MS = 2_000;

/** Sweeps the timers of messages, in one process at a time. */
@Injectable()
export class TimerJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: () => this.sweep(), onError: warn('message timers') });

  constructor(
    private readonly work: ExclusiveWork,
    private readonly timers: TimerSweep,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  private async sweep(): Promise<number> {
    const swept = await this.work.run('message timers', () => this.timers.sweep());
    return swept === MAX_BATCH_SIZE ? 0 : POLL_MS;
  }
}
