import { setTimeout as delay } from 'node:timers/promises';
import type { PolicySnapshotPart, WatchResponse } from '@crossroads/contracts/authorization/v1/authorization_service';
import type { PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type Caller, PermissionDenied, Unavailable } from '@crossroads/grpc';
import { type Policy, PolicyIndex } from './policy.js';

/** Opens authorization's `Watch` from a revision; ends or throws when the connection is lost or `signal` is aborted. */
export type WatchPolicy = (fromRevision: bigint, signal: AbortSignal) => AsyncIterable<WatchResponse>;

export interface FollowerOptions {
  /** Milliseconds without a word from authorization after which nothing is decided any more. @default 5000 */
  readonly staleAfterMs?: number;
  /** Milliseconds that only ever grow, whatever happens to the wall clock. @default performance.now */
  readonly clock?: () => number;
  /** Told of lost connections (which mend themselves) and of listeners that throw. @default nothing */
  readonly onError?: (error: unknown) => void;
  /** Told when the follower was closed. @default nothing */
  readonly onClose?: () => void;
}

export type PolicyListener = (entity: PolicyEntity, revision: bigint) => void;

const STALE_AFTER_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
/** Authorization speaks every 250 ms: after this silence the connection is taken for dead and another one tried. */
const SILENCE_MS = 2_000;

/** Keeps the policy in memory, as it is now or not at all. */
export class PolicyFollower {
  private held: PolicyIndex | undefined;
  private building: { policy: PolicyIndex; entities: PolicyEntity[] } | undefined;
  private heardAt = Number.NEGATIVE_INFINITY;
  private from = 0n;
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<PolicyListener>();
  private readonly waiting = new Set<() => void>();
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

  /** To be asked at each decision, not kept. @throws Unavailable `POLICY_STALE` */
  policy(): Policy {
    if (this.held && this.ready()) return this.held;
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
    return this.held?.revision ?? 0n;
  }

  /** Milliseconds since authorization was heard of; infinite before the first snapshot. */
  get silentMs(): number {
    return this.clock() - this.heardAt;
  }

  /** Whether decisions can be taken now. */
  ready(): boolean {
    return this.held !== undefined && this.silentMs < this.staleAfterMs;
  }

  /** Resolves when the policy is current and at this revision or later. @throws Unavailable `POLICY_STALE` when it takes longer. */
  async whenAt(revision: bigint, withinMs = 10_000): Promise<void> {
    const there = () => this.ready() && this.revision >= revision;
    if (there()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => there() && resolve();
    this.waiting.add(look);
    const timer = setTimeout(resolve, withinMs);
    await promise;
    clearTimeout(timer);
    this.waiting.delete(look);
    if (!there())
      throw new Unavailable('POLICY_STALE', `the policy has not reached the revision within ${withinMs} ms`, {
        metadata: { policyRevision: String(revision) },
      });
  }

  /**
   * Tells of each change right after it is in force here, and of every entity of a snapshot (so that nothing is missed
   * while the connection was lost): an entity can come that has not changed. Returns what ends it.
   */
  onChange(listener: PolicyListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** For `serve`'s `authenticate`. @throws PermissionDenied `KEY_NOT_REGISTERED`; Unavailable `POLICY_STALE` */
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
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      const before = this.heardAt;
      try {
        await this.follow();
      } catch (error) {
        if (!signal.aborted) this.onError(error);
      }
      this.building = undefined;
      if (this.heardAt > before) pause = FIRST_PAUSE_MS;
      // Jitter, so that after an outage not all services come back in the same instant.
      await delay(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }

  private async follow(): Promise<void> {
    const connection = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, connection.signal]);
    let silence = setTimeout(() => {}, 0);
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => connection.abort(new Error('authorization is silent')), SILENCE_MS);
    };
    listen();
    try {
      for await (const message of this.watch(this.from, signal)) {
        if (signal.aborted) return;
        listen();
        this.receive(message);
      }
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  private receive({ message, policyRevision }: WatchResponse): void {
    switch (message?.$case) {
      case 'snapshotPart':
        this.receivePart(message.value, policyRevision);
        break;
      case 'change':
        if (!this.held) throw this.lost('a change before the snapshot');
        if (policyRevision <= this.held.revision) break;
        this.held.apply(message.value, policyRevision);
        this.heard(policyRevision);
        this.tell(message.value, policyRevision);
        break;
      case 'heartbeat':
        if (policyRevision !== this.held?.revision) throw this.lost('a heartbeat of another revision');
        this.heard(policyRevision);
        break;
      case undefined:
        break;
    }
  }

  private receivePart({ first, last, entities }: PolicySnapshotPart, revision: bigint): void {
    if (first) this.building = { policy: new PolicyIndex(), entities: [] };
    if (!this.building) throw this.lost('a snapshot without its beginning');
    for (const entity of entities) this.building.policy.apply(entity, revision);
    this.building.entities.push(...entities);
    if (!last) return;
    const { policy, entities: all } = this.building;
    policy.revision = revision;
    this.building = undefined;
    this.held = policy;
    this.heard(revision);
    for (const entity of all) this.tell(entity, revision);
  }

  /** Something was lost on the way: only a whole snapshot can be trusted. The policy in force goes stale meanwhile. */
  private lost(what: string): Error {
    this.from = 0n;
    return new Error(`authorization sent ${what}`);
  }

  private heard(revision: bigint): void {
    this.from = revision;
    this.heardAt = this.clock();
    for (const look of [...this.waiting]) look();
  }

  private tell(entity: PolicyEntity, revision: bigint): void {
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
