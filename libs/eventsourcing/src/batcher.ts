import type { Context } from '@opentelemetry/api';
import { inFirstRecorded, recordedContext } from './recorded-context.js';

export interface BatcherOptions {
  /** @default 500 */
  readonly maxBatchSize?: number;
  /** Batches that are in flight at the same time. @default 2 */
  readonly maxInFlight?: number;
}

interface PendingLoad<Key, Value> {
  readonly key: Key;
  readonly trace: Context | undefined;
  readonly resolve: (value: Value | PromiseLike<Value>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects the keys that are loaded in the same turn of the event loop, or while `maxInFlight` batches are in flight, and loads
 * them together. Unlike dataloader it caches nothing: each value was read after it was asked for.
 *
 * `loadBatch` returns a value, or a promise of one, for each key, in order. When it rejects, all loads of the batch do.
 */
export class Batcher<Key, Value> {
  private queue: PendingLoad<Key, Value>[] = [];
  private inFlight = 0;
  private scheduled = false;
  private readonly maxBatchSize: number;
  private readonly maxInFlight: number;

  constructor(
    private readonly loadBatch: (keys: readonly Key[]) => Promise<readonly (Value | PromiseLike<Value>)[]>,
    { maxBatchSize = 500, maxInFlight = 2 }: BatcherOptions = {},
  ) {
    this.maxBatchSize = maxBatchSize;
    this.maxInFlight = maxInFlight;
  }

  load(key: Key): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.queue.push({ key, trace: recordedContext(), resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.queue.length === 0 || this.inFlight === this.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => this.dispatch());
  }

  private dispatch(): void {
    this.scheduled = false;
    while (this.inFlight < this.maxInFlight && this.queue.length > 0) {
      this.inFlight++;
      void this.settle(this.queue.splice(0, this.maxBatchSize)).finally(() => {
        this.inFlight--;
        this.schedule();
      });
    }
  }

  private async settle(batch: readonly PendingLoad<Key, Value>[]): Promise<void> {
    try {
      const traces = batch.map(({ trace }) => trace);
      const values = await inFirstRecorded(traces, () => this.loadBatch(batch.map(({ key }) => key)));
      if (values.length !== batch.length) throw new TypeError(`${batch.length} keys, but ${values.length} values`);
      for (const [index, value] of values.entries()) batch[index]?.resolve(value);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
