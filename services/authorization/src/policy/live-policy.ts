import { authorization } from '@crossroads/topology';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type EventStore, PostgresEventStore, type Recorded } from '@crossroads/eventsourcing';
import { type Caller, type GrpcFailure, PermissionDenied, Unavailable } from '@crossroads/grpc';
import { type PolicyHead, PolicyIndex } from '@crossroads/policy';
import { processLog } from '@crossroads/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { PolicyForks } from '../fork/policy-forks.js';
import { ChangedEntries } from '../snapshot/changed-entries.js';
import { entriesChangedBy, entriesOf, putEntry } from '../snapshot/policy-entries.js';
import { PolicySnapshots } from '../snapshot/policy-snapshots.js';
import { POLICY_STREAM, policyEventOf } from './policy.codec.js';
import { policy as decider, type PolicyEvent, type PolicyState } from './policy.decider.js';
import { PolicyHistory } from './policy-history.js';
import { entitiesOf, entityOf } from './policy.message.js';

export interface Change {
  readonly revision: bigint;
  readonly entity: PolicyEntity;
  readonly hash: Buffer;
  readonly previousHash: Buffer;
}

/** A watcher that is at most this many changes behind gets the changes; one further behind gets a new snapshot. */
const MAX_CHANGES = 1_000;
/** Watchers decide with the policy for as long after the last heartbeat. */
const MAX_AGE_MS = 5_000;
/** How many events a start reads at most, besides the snapshot. */
const EVENTS_PER_SNAPSHOT = 1_000n;
/** The event loop is free in between. */
const EVENTS_PER_TURN = 500;
const PROGRESS_MS = 2_000;

type Store = Pick<EventStore, 'readStream'> & Partial<Pick<PostgresEventStore, 'inTransaction'>>;

/**
 * The policy in memory: read from its stored snapshot and the later events, then incrementally, also when another process appended. It
 * reads the stream by revision and not the log, so that a long transaction elsewhere in the cluster does not delay it. Each read begins
 * with the event that it holds as the last one, so that it notices when the database has another history.
 */
@Injectable()
export class LivePolicy {
  state: PolicyState = decider.initialState();
  index = new PolicyIndex();
  /** When the last successful read began, in milliseconds of the monotonic clock. */
  confirmedAt = Number.NEGATIVE_INFINITY;
  /** When the last read began that a commit followed. */
  beatBegan = Number.NEGATIVE_INFINITY;
  /** The number of periodic reads so far. Watchers send a heartbeat after each. */
  heartbeats = 0;
  /** Grows when the database turned out to have another history. */
  generation = 0;
  private history = new PolicyHistory();
  private changes: Change[] = [];
  private changed = new ChangedEntries();
  /** The revision of the stored snapshot, as far as this process knows. */
  private stored = 0n;
  /** The revision at which the next snapshot is stored. */
  private saveAt = EVENTS_PER_SNAPSHOT;
  private isLoaded = false;
  private isStartingAnew = false;
  /** Nobody has got anything of it yet: it may still be left aside. */
  private isFromSnapshot = false;
  private newer: { readonly type: string; readonly revision: bigint } | undefined;
  private readonly waiters = new Set<() => void>();
  private reading: Promise<void> | undefined;

  constructor(
    @Inject(PostgresEventStore) private readonly store: Store,
    @Inject(PolicySnapshots) private readonly snapshots: Pick<PolicySnapshots, 'load' | 'save' | 'hashAt' | 'discard'>,
    @Inject(PolicyForks) private readonly forks: Pick<PolicyForks, 'notice'>,
  ) {}

  get revision(): bigint {
    return this.history.head.revision;
  }

  get head(): PolicyHead {
    return this.history.head;
  }

  /** Milliseconds since the policy in memory was known to be that of the database. */
  get ageMs(): number {
    return performance.now() - this.beatBegan;
  }

  isFresh(): boolean {
    return this.ageMs < MAX_AGE_MS && this.newer === undefined;
  }

  /** Whether the stream has an event that this version does not know: it stops there until another version takes over. */
  get needsNewerVersion(): boolean {
    return this.newer !== undefined;
  }

  /** @throws Unavailable `NEEDS_NEWER_VERSION`, `POLICY_STALE` */
  requireReadable(): void {
    const unreadable = this.unreadable();
    if (unreadable) throw unreadable;
  }

  /** Why a caller is refused: its key is not registered, as far as this process can read the policy. */
  refusalOf(caller: Caller): GrpcFailure | undefined {
    if (this.index.isRegistered(caller)) return undefined;
    return (
      this.unreadable() ??
      new PermissionDenied(
        'KEY_NOT_REGISTERED',
        'the key of this certificate is not registered; ask an administrator to register it',
      )
    );
  }

  private unreadable(): Unavailable | undefined {
    if (this.isStartingAnew)
      return new Unavailable(
        'POLICY_STALE',
        'the database has another history of the policy, which is being read; try again',
        {
          retryAfterMs: 1_000,
        },
      );
    if (this.newer === undefined) return undefined;
    return new Unavailable(
      'NEEDS_NEWER_VERSION',
      'the policy has an event that this version of authorization does not know; another process, or a newer version, serves it',
      { metadata: { policyRevision: String(this.newer.revision) }, retryAfterMs: 1_000 },
    );
  }

  /** Resolves when everything that was committed before the call has been read. */
  async refresh(): Promise<void> {
    // A read in progress may have begun before that commit; the one after it has not.
    const before = this.reading;
    return before ? before.catch(() => {}).then(() => this.readAfter(before)) : this.readAfter(undefined);
  }

  /** A periodic read, and a commit after it. */
  async heartbeat(commit: () => Promise<void>): Promise<void> {
    const began = performance.now();
    await this.refresh();
    if (this.newer) return;
    await commit();
    this.beatBegan = began;
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
  snapshot(): { readonly head: PolicyHead; readonly entities: readonly PolicyEntity[] } {
    return { head: this.head, entities: [...entitiesOf(this.state)] };
  }

  /** Whether what somebody holds is in the history. */
  async hasInHistory({ revision, hash }: PolicyHead): Promise<boolean> {
    if (revision > this.revision) return false;
    // A watcher of a version without hashes.
    if (hash.length === 0) return true;
    const ours =
      this.history.at(revision) ?? (await this.snapshots.hashAt(revision)) ?? (await this.hashFromEvents(revision));
    return ours?.equals(hash) ?? false;
  }

  /** Stores what has changed, when that is much. */
  async saveSnapshot(): Promise<void> {
    const { head, history, stored: base, changed, state } = this;
    if (this.newer || head.revision < this.saveAt) return;
    const taken = changed.take();
    const isOfThisHistory: Parameters<PolicySnapshots['save']>[0]['isOfThisHistory'] = async (tx) => {
      const [last] = (await this.store.inTransaction?.(tx).readStream(POLICY_STREAM, head.revision)) ?? [];
      return history.has(last);
    };
    const entries = taken.map(({ kind, id, since }) => ({
      kind,
      id,
      since,
      revision: head.revision,
      value: state[kind].get(id),
    }));
    try {
      const hashes = history.after(base).filter(({ revision }) => revision <= head.revision);
      const isSaved = await this.snapshots.save({ base, head, entries, hashes, isOfThisHistory });
      if (history !== this.history) return;
      this.stored = isSaved ? head.revision : 0n;
      this.saveAt = head.revision + EVENTS_PER_SNAPSHOT;
      if (isSaved) history.forgetBefore(head.revision - 1n);
      // The stored one has not what this process took for stored: the next step stores everything.
      else for (const entry of entriesOf(state)) changed.add(entry, head.revision);
    } catch (error) {
      changed.putBack(taken);
      throw error;
    }
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
    if (this.newer) return;
    if (!this.isLoaded) await this.load();
    const recorded = await this.store.readStream(POLICY_STREAM, this.revision || 1n);
    if (this.revision > 0n && !this.history.endsWith(recorded[0])) {
      await this.startAnew();
      return this.read();
    }
    this.isFromSnapshot = false;
    await this.applyAll(this.revision > 0n ? recorded.slice(1) : recorded);
    this.isStartingAnew = false;
    if (!this.newer) this.confirmedAt = began;
    this.notify();
  }

  private async applyAll(recorded: readonly Recorded[]): Promise<void> {
    let saidAt = performance.now();
    for (const [index, one] of recorded.entries()) {
      const event = policyEventOf(one);
      if (!event) return this.stopAt(one);
      this.apply(one, event);
      if (index % EVENTS_PER_TURN > 0) continue;
      await nextTurn();
      if (performance.now() - saidAt < PROGRESS_MS) continue;
      saidAt = performance.now();
      processLog().info('reading the policy', { events: index, of: recorded.length });
    }
  }

  private apply(recorded: Recorded, event: PolicyEvent): void {
    const { revision } = recorded;
    const previousHash = this.history.head.hash;
    decider.evolve(this.state, event);
    for (const entry of entriesChangedBy(event)) this.changed.add(entry, revision);
    this.history.append(recorded);
    const change = { revision, entity: entityOf(event), hash: this.history.head.hash, previousHash };
    this.index.apply(change.entity, revision);
    this.changes.push(change);
    if (this.changes.length > 2 * MAX_CHANGES) this.changes = this.changes.slice(-MAX_CHANGES);
  }

  private stopAt({ type, revision, schemaVersion }: Recorded): void {
    this.newer = { type, revision };
    processLog().error('NEEDS_NEWER_VERSION: the policy is not served by this process: it does not know an event', {
      type,
      schemaVersion,
      policyRevision: String(revision),
    });
  }

  private async load(): Promise<void> {
    const state = decider.initialState();
    const found = await this.snapshots.load(({ kind, id, value }) => putEntry(state, kind, id, value));
    this.reset();
    if (found) {
      const { head, before } = found;
      this.state = state;
      for (const entity of entitiesOf(state)) this.index.apply(entity, head.revision);
      this.index.revision = head.revision;
      this.history = PolicyHistory.of(before, head);
      this.stored = head.revision;
      this.saveAt = head.revision + EVENTS_PER_SNAPSHOT;
      this.isFromSnapshot = true;
    }
    this.isLoaded = true;
  }

  /** The database does not have the last event that is held here: it was restored, or the snapshot is of another history. */
  private async startAnew(): Promise<void> {
    if (this.isFromSnapshot) {
      processLog().error('the stored snapshot of the policy is of another history; all events are read instead', {
        policyRevision: String(this.revision),
      });
      await this.snapshots.discard();
    } else await this.forks.notice(this.head, authorization.name);
    this.generation++;
    this.isStartingAnew = true;
    this.isLoaded = false;
  }

  /** For a revision that is older than this process and in no snapshot. */
  private async hashFromEvents(revision: bigint): Promise<Buffer | undefined> {
    const history = new PolicyHistory();
    for (const recorded of await this.store.readStream(POLICY_STREAM)) {
      history.append(recorded);
      if (recorded.revision === revision) return history.head.hash;
    }
    return undefined;
  }

  private reset(): void {
    this.state = decider.initialState();
    this.index = new PolicyIndex();
    this.history = new PolicyHistory();
    this.changes = [];
    this.changed = new ChangedEntries();
    this.stored = 0n;
    this.saveAt = EVENTS_PER_SNAPSHOT;
    this.isFromSnapshot = false;
  }

  private notify(): void {
    for (const resolve of [...this.waiters]) resolve();
  }
}
