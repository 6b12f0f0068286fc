import { Batcher } from './batcher.js';
import type { AppendOptions, StreamAppend } from './event-store.js';
import { type Append, isRefusal, type PostgresEventStore } from './postgres-event-store.js';
import { tracedAppend } from './traced-append.js';

export interface Appender {
  /** As `EventStore.append`. */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<void>;
}

/**
 * Batches concurrent appends: one statement and one flush to disk for many. For streams with a single writer: when one append of
 * a batch is refused, all of them are repeated one by one.
 */
export class BatchingAppender implements Appender {
  private readonly batcher: Batcher<Append, void>;

  constructor(private readonly store: Pick<PostgresEventStore, 'appendAll'>) {
    this.batcher = new Batcher((batch) => this.appendBatch(batch), { maxBatchSize: 256 });
  }

  append(appends: readonly StreamAppend[], options: AppendOptions = {}): Promise<void> {
    return tracedAppend(appends, (traced) => this.batcher.load({ appends: traced, options }));
  }

  private async appendBatch(batch: readonly Append[]): Promise<(Promise<void> | void)[]> {
    try {
      await this.store.appendAll(batch);
      return batch.map(() => undefined);
    } catch (error) {
      // After a lost connection nobody knows whether the batch was stored, so it must not be repeated.
      if (batch.length === 1 || !isRefusal(error)) throw error;
      return batch.map((one) => this.store.appendAll([one]));
    }
  }
}
