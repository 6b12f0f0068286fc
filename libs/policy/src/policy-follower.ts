import { setTimeout as delay } from 'node:timers/promises';
import type { PolicySnapshotPart, WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type Caller, PermissionDenied, Unavailable } from '@crossroads/grpc';
import { type Policy, PolicyIndex } from './decide/policy.js';

/** Calls authorization's `Watch` from a revision. Ends or throws when the connection is lost or the signal is aborted. */
export type WatchPolicy = (fromRevision: bigint, signal: AbortSignal) => AsyncIterable<WatchResponse>;

export interface FollowerOptions {
  /** Milliseconds without a message from authorization after which the policy is stale. @default 5000 */
  readonly staleAfterMs?: number;
  /** Monotonic milliseconds. @default performance.now */
  readonly clock?: () => number;
  /** Called for lost connections, which are retried, and for listeners that throw. */
  readonly onError?: (error: unknown) => void;
  /** Called when the follower was closed. */
  readonly onClose?: () => void;
}

export type PolicyListener = (entity: PolicyEntity, revision: bigint) => void;

const STALE_AFTER_MS = 5_000;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;
/** Authorization sends a heartbeat every 250 ms: after this silence the connection is closed, and another one opened. */
const SILENCE_TIMEOUT_MS = 2_000;

/** Keeps the current policy in memory, by authorization's `Watch`. A policy that may be outdated is not given to anybody. */
export class PolicyFollower {
  private current: PolicyIndex | undefined;
  /** A snapshot of which not all parts have arrived. */
  private snapshot: { policy: PolicyIndex; entities: PolicyEntity[] } | undefined;
  private lastMessageAt = Number.NEGATIVE_INFINITY;
  /** Where the next `Watch` starts; 0n: with a snapshot. */
  private resumeFrom = 0n;
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<PolicyListener>();
  private readonly waiters = new Set<() => void>();
  private readonly running: Promise<void>;
  private readonly staleAfterMs: number;
  private readonly clock: () => number;
  private readonly onError: (error: unknown) => void;
  private readonly onClose: () => void;

  constructor(
    private readonly watch: WatchPolicy,
    {
      staleAfterMs = STALE_AFTER_MS,
      clock = () => performance.now(),
      onError = () => {},
      onClose = () => {},
    }: FollowerOptions = {},
  ) {
    this.staleAfterMs = staleAfterMs;
    this.clock = clock;
    this.onError = onError;
    this.onClose = onClose;
    this.running = this.run();
  }

  /** Call it for each decision; do not keep the result. @throws Unavailable `POLICY_STALE` */
  policy(): Policy {
    if (this.current && this.ready()) return this.current;
    throw new Unavailable(
      'POLICY_STALE',
      'authorization has not been heard of for too long to decide; try again soon',
      {
        retryAfterMs: 1_000,
      },
    );
  }

  /** 0n before the first snapshot. */
  get revision(): bigint {
    return this.current?.revision ?? 0n;
  }

  /** Milliseconds since the last message of authorization; infinite before the first snapshot. */
  get ageMs(): number {
    return this.clock() - this.lastMessageAt;
  }

  /** Whether decisions can be made now. */
  ready(): boolean {
    return this.current !== undefined && this.ageMs < this.staleAfterMs;
  }

  /** Waits until the policy is current, and at this revision or a later one. @throws Unavailable `POLICY_STALE` after the time-out */
  async whenAt(revision: bigint, timeoutMs = 10_000): Promise<void> {
    const reached = () => this.ready() && this.revision >= revision;
    if (reached()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => reached() && resolve();
    this.waiters.add(check);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.waiters.delete(check);
    if (!reached())
      throw new Unavailable('POLICY_STALE', `the policy has not reached the revision within ${timeoutMs} ms`, {
        metadata: { policyRevision: String(revision) },
      });
  }

  /**
   * Calls the listener after each change, and for every entity of a snapshot, so that no change is missed when the connection was lost: an
   * entity may not have changed. Returns a function that removes the listener.
   */
  onChange(listener: PolicyListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** For `RegisteredKeyGuard`. @throws PermissionDenied `KEY_NOT_REGISTERED`; Unavailable `POLICY_STALE` */
  requireRegistered(caller: Caller): void {
    if (!this.policy().isRegistered(caller)) throw keyNotRegistered();
  }

  /** @throws Unavailable `POLICY_STALE` */
  mayActFor(caller: Caller, customer: string): boolean {
    return this.policy().mayActFor(caller, customer);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.onClose();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let backoff = MIN_BACKOFF_MS; !signal.aborted; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      const before = this.lastMessageAt;
      try {
        await this.follow();
      } catch (error) {
        if (!signal.aborted) this.onError(error);
      }
      this.snapshot = undefined;
      if (this.lastMessageAt > before) backoff = MIN_BACKOFF_MS;
      // With jitter, so that after an outage not all services reconnect at once.
      await delay(backoff * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }

  private async follow(): Promise<void> {
    const connection = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, connection.signal]);
    let silenceTimer: NodeJS.Timeout | undefined;
    const restartTimer = () => {
      clearTimeout(silenceTimer);
      silenceTimer = setTimeout(() => connection.abort(new Error('authorization is silent')), SILENCE_TIMEOUT_MS);
    };
    restartTimer();
    try {
      for await (const message of this.watch(this.resumeFrom, signal)) {
        if (signal.aborted) return;
        restartTimer();
        this.receive(message);
      }
    } finally {
      clearTimeout(silenceTimer);
      connection.abort();
    }
  }

  private receive({ message, policyRevision }: WatchResponse): void {
    switch (message?.$case) {
      case 'snapshotPart':
        this.receivePart(message.value, policyRevision);
        break;
      case 'change':
        if (!this.current) throw this.gap('a change before the snapshot');
        if (policyRevision <= this.current.revision) break;
        this.current.apply(message.value, policyRevision);
        this.messageReceived(policyRevision);
        this.notify(message.value, policyRevision);
        break;
      case 'heartbeat':
        if (policyRevision !== this.current?.revision) throw this.gap('a heartbeat of another revision');
        this.messageReceived(policyRevision);
        break;
      case undefined:
        break;
    }
  }

  private receivePart({ first, last, entities }: PolicySnapshotPart, revision: bigint): void {
    if (first) this.snapshot = { policy: new PolicyIndex(), entities: [] };
    if (!this.snapshot) throw this.gap('a snapshot without its beginning');
    for (const entity of entities) this.snapshot.policy.apply(entity, revision);
    this.snapshot.entities.push(...entities);
    if (!last) return;
    const { policy, entities: all } = this.snapshot;
    policy.revision = revision;
    this.snapshot = undefined;
    this.current = policy;
    this.messageReceived(revision);
    for (const entity of all) this.notify(entity, revision);
  }

  /** Messages were lost: the next `Watch` starts with a snapshot, and the current policy may get stale meanwhile. */
  private gap(what: string): Error {
    this.resumeFrom = 0n;
    return new Error(`authorization sent ${what}`);
  }

  private messageReceived(revision: bigint): void {
    this.resumeFrom = revision;
    this.lastMessageAt = this.clock();
    for (const check of [...this.waiters]) check();
  }

  private notify(entity: PolicyEntity, revision: bigint): void {
    for (const listener of [...this.listeners])
      try {
        listener(entity, revision);
      } catch (error) {
        this.onError(error);
      }
  }
}

const keyNotRegistered = () =>
  new PermissionDenied(
    'KEY_NOT_REGISTERED',
    "the key of this certificate is not registered for its institution's application; ask an administrator to register it",
  );
