import { type CallContext, callContext, inCallContext, NobodyWaits, sharedContext } from '@crossroads/configuration';
import type { Context } from '@opentelemetry/api';
import { inFirstRecorded, recordedContext } from './recorded-context.js';

export interface BatcherOptions {
  /** @default 500 */
  readonly maxBatchSize?: number;
  /** Batches that are in flight at the same time. @default 2 */
  readonly maxInFlight?: number;
  /**
   * For what only reads: a load whose call was cancelled is left out or rejected, and a batch is cancelled once all its calls are. What
   * writes may have to be done although the caller has left. @default false
   */
  readonly stopsWithCalls?: boolean;
}

interface PendingLoad<Key, Value> {
  readonly key: Key;
  readonly trace: Context | undefined;
  readonly call: CallContext | undefined;
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
  private readonly stopsWithCalls: boolean;

  constructor(
    private readonly loadBatch: (keys: readonly Key[]) => Promise<readonly (Value | PromiseLike<Value>)[]>,
    { maxBatchSize = 500, maxInFlight = 2, stopsWithCalls = false }: BatcherOptions = {},
  ) {
    this.maxBatchSize = maxBatchSize;
    this.maxInFlight = maxInFlight;
    this.stopsWithCalls = stopsWithCalls;
  }

  load(key: Key): Promise<Value> {
    const call = this.stopsWithCalls ? callContext() : undefined;
    return new Promise((resolve, reject) => {
      this.queue.push({ key, trace: recordedContext(), call, resolve, reject });
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
    if (this.stopsWithCalls) this.leaveOutCancelled();
    while (this.inFlight < this.maxInFlight && this.queue.length > 0) {
      this.inFlight++;
      void this.settle(this.queue.splice(0, this.maxBatchSize)).finally(() => {
        this.inFlight--;
        this.schedule();
      });
    }
  }

  private leaveOutCancelled(): void {
    if (!this.queue.some(isCancelled)) return;
    for (const load of this.queue) if (isCancelled(load)) load.reject(new NobodyWaits());
    this.queue = this.queue.filter((load) => !isCancelled(load));
  }

  private async settle(batch: readonly PendingLoad<Key, Value>[]): Promise<void> {
    try {
      const traces = batch.map(({ trace }) => trace);
      // In a context of its own: the event loop runs it in that of the first load, whose caller may leave before the others.
      const shared = this.stopsWithCalls ? sharedContext(batch.map(({ call }) => call)) : undefined;
      const load = () => this.loadBatch(batch.map(({ key }) => key));
      const values = await inFirstRecorded(traces, () => inCallContext(shared, load));
      if (values.length !== batch.length) throw new TypeError(`${batch.length} keys, but ${values.length} values`);
      for (const [index, value] of values.entries()) {
        const one = batch[index];
        if (one !== undefined && isCancelled(one)) {
          one.reject(new NobodyWaits());
          // Nobody looks at its value, which may be a promise that rejects.
          Promise.resolve(value).catch(() => undefined);
        } else one?.resolve(value);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

const isCancelled = ({ call }: Pick<PendingLoad<never, never>, 'call'>): boolean => call?.isCancelled === true;
