import { setTimeout as delay } from 'node:timers/promises';
import { Clock } from '@crossroads/configuration';
import { Database, ExclusiveWork, openDatabase } from '@crossroads/database';
import { type PrunedUpTo, pruneSteps } from '@crossroads/eventsourcing';
import { warn } from '@crossroads/grpc';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

const EVERY_MS = 60_000;

const onError = warn('pruning of steps');

/** Prunes the steps of readers, in one process at a time and on a connection of its own. */
@Injectable()
export class StepPruning implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private readonly upTo: PrunedUpTo = new Map();
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly work: ExclusiveWork,
    private readonly clock: Clock,
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
      await this.work.run('pruning of steps', () => this.prune(signal)).catch(onError);
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
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
