import { Clock } from '@crossroads/configuration';
import { Database, ExclusiveWork, openDatabase, WorkLoop } from '@crossroads/database';
import { type PrunedUpTo, pruneSteps } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

const EVERY_MS = 60_000;

/** Prunes the steps of readers, in one process at a time and on a connection of its own. */
@Injectable()
export class StepPruning implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: warn('pruning of steps') });
  private readonly upTo: PrunedUpTo = new Map();

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    await this.work.run('pruning of steps', () => this.prune(signal));
    return EVERY_MS;
  }

  private async prune(signal: AbortSignal): Promise<void> {
    const own = await openDatabase({ url: this.db.url, poolSize: 1, applicationName: 'pruning of steps' });
    try {
      while (!signal.aborted && (await pruneSteps(own, this.clock.now(), this.upTo)));
    } finally {
      await own.close();
    }
  }
}
