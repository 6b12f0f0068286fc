import { setTimeout as delay } from 'node:timers/promises';
import { warn } from '@crossroads/grpc';
import { Tombstones } from '@crossroads/privacy';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

const POLL_MS = 500;
/** While the registry is away. */
const RETRY_MS = 2_000;
const BATCH_SIZE = 1_000;

const onError = warn('erasure');

/**
 * Destroys the keys of those who have a tombstone, and acknowledges until that is answered. Several processes may do it at the same time:
 * each step can be repeated.
 */
@Injectable()
export abstract class ErasureJob implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly tombstones: Tombstones) {}

  /** Tells the registry that nothing is left of the person here. */
  protected abstract acknowledge(personId: string): Promise<unknown>;

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
      const isDone = await this.carryOut().catch((error: unknown) => onError(error));
      await delay(isDone === true ? POLL_MS : RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether all were acknowledged: one that cannot be does not hold up the others */
  private async carryOut(): Promise<boolean> {
    let failed = 0;
    for (const { personId } of await this.tombstones.carryOut(BATCH_SIZE)) {
      if (this.stopping.signal.aborted) break;
      try {
        await this.acknowledge(personId);
        await this.tombstones.acknowledged(personId);
      } catch (error) {
        onError(error, ++failed);
      }
    }
    return failed === 0;
  }
}
