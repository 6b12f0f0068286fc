import { WorkLoop } from '@crossroads/database';
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
  private readonly loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError });

  constructor(private readonly tombstones: Tombstones) {}

  /** Tells the registry that nothing is left of the person here. */
  protected abstract acknowledge(personId: string): Promise<unknown>;

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** One that cannot be acknowledged does not hold up the others. */
  private async pass(signal: AbortSignal): Promise<number> {
    let failed = 0;
    for (const { personId } of await this.tombstones.carryOut(BATCH_SIZE)) {
      if (signal.aborted) break;
      try {
        await this.acknowledge(personId);
        await this.tombstones.acknowledged(personId);
      } catch (error) {
        onError(error, ++failed);
      }
    }
    return failed === 0 ? POLL_MS : RETRY_MS;
  }
}
