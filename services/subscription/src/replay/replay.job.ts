import { Database, ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ReplayStep } from './replay-step.js';

const POLL_MS = 1_000;

/** Replays deliveries, a batch of each replay in turn, in one process at a time. */
@Injectable()
export class ReplayJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: warn('replay') });
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly step: ReplayStep,
  ) {}

  onApplicationBootstrap(): void {
    // A replay is requested by an append to the log, here or in another process.
    this.unsubscribe = this.db.session.onLogGrown(() => this.loop.wake());
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.unsubscribe();
    await this.loop.stop();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    return (await this.work.run('replays', () => this.round(signal))) ? 0 : POLL_MS;
  }

  /** @returns whether there may be more */
  private async round(signal: AbortSignal): Promise<boolean> {
    const replays = await this.step.running();
    for (const replay of replays) {
      if (signal.aborted) return false;
      await this.step.run(replay);
    }
    return replays.length > 0;
  }
}
