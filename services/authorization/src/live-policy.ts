import { setTimeout as delay } from 'node:timers/promises';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import type { EventStore } from '@crossroads/eventsourcing';
import { PolicyIndex } from '@crossroads/policy';
import { policy as decider, type PolicyState } from './domain/policy.js';
import { entitiesOf, entityOf } from './entity-messages.js';
import { POLICY_STREAM, policyEventOf } from './policy-stream.js';

export interface Change {
  readonly revision: bigint;
  readonly entity: PolicyEntity;
}

export interface LivePolicyOptions {
  readonly store: Pick<EventStore, 'readStream'>;
  /** Calls back when the log may have grown, in this process or another. */
  readonly onLogGrown: (listener: () => void) => () => void;
  /** Milliseconds from one beat to the next. @default 250 */
  readonly beatMs?: number;
  readonly onError: (error: unknown) => void;
}

/** So many changes back a watcher can go on where it was; one that is further behind gets the whole policy again. */
const KEPT_CHANGES = 1_000;
const BEAT_MS = 250;
/** As long as those who watch would go on with what they have. */
const FRESH_MS = 5_000;

/**
 * The policy in memory, as of its revision: read once from the beginning, then only what is new, whoever appended it. It reads
 * the stream by revision, not the gated log: a transaction that stays open elsewhere in the cluster delays nothing here.
 */
export class LivePolicy {
  readonly state: PolicyState = decider.initialState();
  readonly index = new PolicyIndex();
  /** When a read began that has found no more than is here, on a clock that only grows; milliseconds. */
  confirmedAt = Number.NEGATIVE_INFINITY;
  /** Regular reads so far, each begun after the one before: hints can be lost, and watchers want to hear that this is all. */
  beats = 0;
  private changes: Change[] = [];
  private readonly waiting = new Set<() => void>();
  private reading: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private beating: Promise<void> = Promise.resolve();
  private forget = () => {};

  constructor(private readonly options: LivePolicyOptions) {}

  get revision(): bigint {
    return this.index.revision;
  }

  /** Whether the policy in memory is that of the database, or was a moment ago. */
  isFresh(): boolean {
    return performance.now() - this.confirmedAt < FRESH_MS;
  }

  /** Reads the whole policy, then keeps it up to date. */
  async start(): Promise<void> {
    await this.refresh();
    this.forget = this.options.onLogGrown(() => void this.refresh().catch(this.options.onError));
    this.beating = this.beat();
  }

  /** Resolves when everything is here that was committed before the call. */
  async refresh(): Promise<void> {
    // A read that is under way may have begun before the commit in question; one after it has not.
    const before = this.reading;
    const mine = before ? before.catch(() => {}).then(() => this.readAfter(before)) : this.readAfter(undefined);
    return mine;
  }

  /** Changes after a revision in order, or nothing when they are no longer (or not yet) known. */
  changesSince(revision: bigint): readonly Change[] | undefined {
    if (revision === this.revision) return [];
    const first = this.changes[0]?.revision;
    if (first === undefined || revision < first - 1n || revision > this.revision) return undefined;
    return this.changes.slice(Number(revision - first + 1n));
  }

  /** All entities as they are now; later changes do not show in it. */
  snapshot(): { readonly revision: bigint; readonly entities: readonly PolicyEntity[] } {
    return { revision: this.revision, entities: [...entitiesOf(this.state)] };
  }

  /** Resolves after the next read of the policy, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    this.waiting.add(end);
    signal.addEventListener('abort', end, { once: true });
    await promise;
    this.waiting.delete(end);
    signal.removeEventListener('abort', end);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.forget();
    await this.beating;
    await this.reading?.catch(() => {});
  }

  /** All who wait for the same read share it. */
  private readAfter(ended: Promise<void> | undefined): Promise<void> {
    if (this.reading && this.reading !== ended) return this.reading;
    const reading = this.read().finally(() => {
      if (this.reading === reading) this.reading = undefined;
    });
    this.reading = reading;
    return reading;
  }

  private async read(): Promise<void> {
    const began = performance.now();
    const recorded = await this.options.store.readStream(POLICY_STREAM, this.revision + 1n);
    for (const one of recorded) {
      const event = policyEventOf(one);
      if (!event) continue;
      decider.evolve(this.state, event);
      const change = { revision: one.revision, entity: entityOf(event) };
      this.index.apply(change.entity, change.revision);
      this.changes.push(change);
      if (this.changes.length > 2 * KEPT_CHANGES) this.changes = this.changes.slice(-KEPT_CHANGES);
    }
    this.confirmedAt = began;
    this.wake();
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }

  private async beat(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      // The read counts as part of the interval.
      const pause = delay(this.options.beatMs ?? BEAT_MS, undefined, { signal }).catch(() => {});
      try {
        await this.refresh();
        this.beats++;
        this.wake();
      } catch (error) {
        this.options.onError(error);
      }
      await pause;
    }
  }
}
