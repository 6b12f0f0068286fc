import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type EventStore, PostgresEventStore } from '@crossroads/eventsourcing';
import { PolicyIndex } from '@crossroads/policy';
import { Inject, Injectable } from '@nestjs/common';
import { POLICY_STREAM, policyEventOf } from './policy.codec.js';
import { policy as decider, type PolicyState } from './policy.decider.js';
import { entitiesOf, entityOf } from './policy.message.js';

export interface Change {
  readonly revision: bigint;
  readonly entity: PolicyEntity;
}

/** A watcher that is at most this many changes behind gets the changes; one further behind gets a new snapshot. */
const MAX_CHANGES = 1_000;
/** Watchers decide with the policy for as long after the last heartbeat. */
const MAX_AGE_MS = 5_000;

/**
 * The policy in memory. It is read once from the beginning, then incrementally, also when another process appended. It reads the
 * stream by revision and not the gated log, so that a long transaction elsewhere in the cluster does not delay it.
 */
@Injectable()
export class LivePolicy {
  readonly state: PolicyState = decider.initialState();
  readonly index = new PolicyIndex();
  /** When the last successful read began, in milliseconds of the monotonic clock. */
  confirmedAt = Number.NEGATIVE_INFINITY;
  /** The number of periodic reads so far. Watchers send a heartbeat after each. */
  heartbeats = 0;
  private changes: Change[] = [];
  private readonly waiters = new Set<() => void>();
  private reading: Promise<void> | undefined;

  constructor(@Inject(PostgresEventStore) private readonly store: Pick<EventStore, 'readStream'>) {}

  get revision(): bigint {
    return this.index.revision;
  }

  /** Milliseconds since the policy in memory was known to be that of the database. */
  get ageMs(): number {
    return performance.now() - this.confirmedAt;
  }

  isFresh(): boolean {
    return this.ageMs < MAX_AGE_MS;
  }

  /** Resolves when everything that was committed before the call has been read. */
  async refresh(): Promise<void> {
    // A read in progress may have begun before that commit; the one after it has not.
    const before = this.reading;
    return before ? before.catch(() => {}).then(() => this.readAfter(before)) : this.readAfter(undefined);
  }

  /** A periodic read. */
  async heartbeat(): Promise<void> {
    await this.refresh();
    this.heartbeats++;
    this.notify();
  }

  /** The changes after a revision in order, or `undefined` when they are no longer (or not yet) known. */
  changesSince(revision: bigint): readonly Change[] | undefined {
    if (revision === this.revision) return [];
    const first = this.changes[0]?.revision;
    if (first === undefined || revision < first - 1n || revision > this.revision) return undefined;
    return this.changes.slice(Number(revision - first + 1n));
  }

  /** All entities as they are now. Later changes do not modify it. */
  snapshot(): { readonly revision: bigint; readonly entities: readonly PolicyEntity[] } {
    return { revision: this.revision, entities: [...entitiesOf(this.state)] };
  }

  /** Resolves after the next read, or when `signal` is aborted. */
  async nextRead(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    this.waiters.add(end);
    signal.addEventListener('abort', end, { once: true });
    await promise;
    this.waiters.delete(end);
    signal.removeEventListener('abort', end);
  }

  /** Callers that wait for the same read share it. */
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
    for (const recorded of await this.store.readStream(POLICY_STREAM, this.revision + 1n)) {
      const event = policyEventOf(recorded);
      decider.evolve(this.state, event);
      const change = { revision: recorded.revision, entity: entityOf(event) };
      this.index.apply(change.entity, change.revision);
      this.changes.push(change);
      if (this.changes.length > 2 * MAX_CHANGES) this.changes = this.changes.slice(-MAX_CHANGES);
    }
    this.confirmedAt = began;
    this.notify();
  }

  private notify(): void {
    for (const resolve of [...this.waiters]) resolve();
  }
}
