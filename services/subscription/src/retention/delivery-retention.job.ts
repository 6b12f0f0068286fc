import { setTimeout as delay } from 'node:timers/promises';
import { ExclusiveWork } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { counter, observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliveryPruning } from './delivery-pruning.js';
import { SnapshotPruning } from './snapshot-pruning.js';

/** Between two batches, so that deliveries of today do not wait for those of last month. */
const PACE_MS = 50;
/** After a failure, or while another process does it. */
const RETRY_MS = 2_000;
/** After all was deleted. */
const IDLE_MS = 60_000;

const onError = warn('delivery retention');

/** Deletes old deliveries at its own pace, in one process at a time. */
@Injectable()
export class DeliveryRetentionJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private stopObserving: () => void = () => undefined;
  private readonly pruned = counter('crossroads.deliveries_pruned');
  private running: Promise<void> | undefined;

  constructor(
    private readonly work: ExclusiveWork,
    private readonly pruning: DeliveryPruning,
    private readonly snapshots: SnapshotPruning,
  ) {}

  onApplicationBootstrap(): void {
    this.stopObserving = observe(
      'crossroads.delivery_age.seconds',
      sharedFor(10_000, () => this.pruning.oldest()),
    );
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.stopObserving();
    await this.running;
  }

  /** @returns how many rows were deleted */
  private async prune(): Promise<number> {
    const deliveries = await this.pruning.prune();
    if (deliveries > 0) this.pruned.add(deliveries, {});
    return deliveries + (await this.snapshots.prune());
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pruned = await this.work.run('delivery retention', () => this.prune()).catch(onError);
      const paceMs = pruned === undefined ? RETRY_MS : IDLE_MS;
      await delay(pruned ? PACE_MS : paceMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
