import { ExclusiveWork, WorkLoop } from '@crossroads/database';
import { warn } from '@crossroads/grpc';
import { counter, observe, sharedFor } from '@crossroads/telemetry';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DeliveryPruning } from './delivery-pruning.js';
import { SnapshotPruning } from './snapshot-pruning.js';

/** Between two batches, so that deliveries of today do not wait for those of last month. */
const PACE_MS = 50;
/** While another process does it. */
const RETRY_MS = 2_000;
/** After all was deleted. */
const IDLE_MS = 60_000;

/** Deletes old deliveries at its own pace, in one process at a time. */
@Injectable()
export class DeliveryRetentionJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop = new WorkLoop({ pass: () => this.pass(), onError: warn('delivery retention') });
  private stopObserving: () => void = () => undefined;
  private readonly pruned = counter('crossroads.deliveries_pruned');

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
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopObserving();
    await this.loop.stop();
  }

  private async pass(): Promise<number> {
    const pruned = await this.work.run('delivery retention', () => this.prune());
    if (pruned === undefined) return RETRY_MS;
    return pruned === 0 ? IDLE_MS : PACE_MS;
  }

  /** @returns how many rows were deleted */
  private async prune(): Promise<number> {
    const deliveries = await this.pruning.prune();
    if (deliveries > 0) this.pruned.add(deliveries, {});
    return deliveries + (await this.snapshots.prune());
  }
}
