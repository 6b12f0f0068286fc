import { setTimeout as delay } from 'node:timers/promises';
import type {
  LostPolicyHead,
  PolicySnapshotPart,
  WatchResponse,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { DeliberationState, type PolicyEntity } from '@crossroads/contracts/authorization/v1/policy';
import { type GrpcFailure, RemoteError, ServerKeys, Unavailable } from '@crossroads/grpc';
import { type Logger, processLog } from '@crossroads/telemetry';
import { rightsFor } from '@crossroads/topology';
import { type Peer, type Policy, PolicyIndex, UnknownPolicyEntity } from './decide/policy.js';
import { Freshness } from './freshness.js';
import type { HeldHead } from './held/held-heads.js';
import { isSameHead, NO_HEAD, type PolicyHead } from './policy-head.js';
import {
  keyNotRegistered,
  needsNewerVersion,
  oneRightMissing,
  policyForked,
  policyRolledBack,
  policyStale,
} from './refusals.js';

/** What a follower asks of authorization. */
export interface PolicySource {
  /** `Watch` from what is held, or with a new snapshot. Ends or throws when the connection is lost or the signal is aborted. */
  watch(held: PolicyHead, snapshot: boolean, signal: AbortSignal): AsyncIterable<WatchResponse>;
  /** `ConfirmPolicy`: the head in force, as of an instant after the call arrived. */
  confirm(held: PolicyHead, signal: AbortSignal): Promise<PolicyHead>;
}

export interface FollowerOptions {
  /** What it held before it started: it takes nothing older, and nothing of another history. */
  readonly heldBefore?: HeldHead | undefined;
  /** Called with each head that is held, one at a time; heads that come meanwhile are passed over. Repeated while it fails. */
  readonly keep?: (held: HeldHead) => Promise<void>;
  /** Milliseconds after which a policy that nobody has confirmed is stale. @default 5000 */
  readonly staleAfterMs?: number;
  /** Monotonic milliseconds. @default performance.now */
  readonly clock?: () => number;
  /** Called for lost connections, which are retried, and for listeners that throw. */
  readonly onError?: (error: unknown) => void;
  /** Called when the follower was closed. */
  readonly onClose?: () => void;
  readonly log?: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export type PolicyListener = (entity: PolicyEntity, revision: bigint) => void;

const STALE_AFTER_MS = 5_000;
const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;
/** Authorization sends a heartbeat every 250 ms: after this silence the connection is closed, and another one opened. */
const SILENCE_TIMEOUT_MS = 2_000;
const CONFIRM_INTERVAL_MS = 250;
const KEEP_AGAIN_MS = 1_000;
/** How often servers are looked for whose registration has ended. */
const END_CHECK_MS = 1_000;
/** Entities that say which keys are registered. */
const OF_KEYS: ReadonlySet<string> = new Set(['institution', 'application', 'documentProvider']);

/** The history that authorization has is another one than that of what is held. */
class Fork extends Error {
  override readonly name = 'PolicyForked';
}

/** What authorization offers is older than what is held. */
class Rollback extends Error {
  override readonly name = 'PolicyRolledBack';
}

const isFork = (error: unknown): error is Fork | RemoteError =>
  error instanceof Fork || (error instanceof RemoteError && error.reason === 'POLICY_FORKED');

/** Keeps the current policy in memory, by authorization's `Watch`. A policy that may be outdated is not given to anybody. */
export class PolicyFollower {
  private current: PolicyIndex | undefined;
  private held = NO_HEAD;
  private generation = 0;
  private kept: PolicyHead = NO_HEAD;
  private keeping: Promise<void> | undefined;
  /** A snapshot of which not all parts have arrived. */
  private snapshot: { policy: PolicyIndex; entities: PolicyEntity[]; isAccepted: boolean } | undefined;
  private readonly freshness = new Freshness();
  /** The next `Watch` starts with a snapshot. */
  private needsSnapshot = true;
  private isForked = false;
  private isRolledBack = false;
  /** The last question had an answer. */
  private isAnswered = true;
  /** Set for good: only another version of this process can read the policy. */
  private lacksVersion = false;
  private readonly stopping = new AbortController();
  private connection = new AbortController();
  private readonly listeners = new Set<PolicyListener>();
  private readonly waiters = new Set<() => void>();
  private readonly running: Promise<unknown>;
  private readonly staleAfterMs: number;
  private readonly clock: () => number;
  private readonly onError: (error: unknown) => void;
  private readonly onClose: () => void;
  private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  private readonly keep: ((held: HeldHead) => Promise<void>) | undefined;

  constructor(
    private readonly source: PolicySource,
    {
      staleAfterMs = STALE_AFTER_MS,
      clock = () => performance.now(),
      onError = () => {},
      onClose = () => {},
      log = processLog(),
      heldBefore,
      keep,
    }: FollowerOptions = {},
  ) {
    if (heldBefore) {
      this.held = this.kept = heldBefore;
      this.generation = heldBefore.generation;
    }
    this.keep = keep;
    this.staleAfterMs = staleAfterMs;
    this.clock = clock;
    this.onError = onError;
    this.onClose = onClose;
    this.log = log;
    this.running = Promise.all([this.follow(), this.confirm()]);
  }

  /**
   * Call it for each decision; do not keep the result.
   * @throws Unavailable `POLICY_STALE`, `POLICY_FORKED`, `POLICY_ROLLBACK`, `NEEDS_NEWER_VERSION`
   */
  policy(): Policy {
    if (this.current && this.ready()) return this.current;
    throw this.refusal();
  }

  /** 0n before the first snapshot. */
  get revision(): bigint {
    return this.current?.revision ?? 0n;
  }

  /** Milliseconds since the newest question that authorization has confirmed the policy for; infinite before the first one. */
  get ageMs(): number {
    return this.clock() - this.freshness.asOf;
  }

  /** Whether authorization has another history than that of the policy held here: no decisions until it is taken anew. */
  get forked(): boolean {
    return this.isForked;
  }

  /** Whether authorization offers an older policy than was held here: what is held goes stale, unless another process confirms it. */
  get rolledBack(): boolean {
    return this.isRolledBack;
  }

  /** Whether the policy has something that this version does not know: no decisions by this process. */
  get needsNewerVersion(): boolean {
    return this.lacksVersion;
  }

  /** Whether decisions can be made now. */
  ready(): boolean {
    return this.current !== undefined && !this.isForked && !this.lacksVersion && this.ageMs < this.staleAfterMs;
  }

  /** Waits until the policy is current, and at this revision or a later one. @throws Unavailable, as `policy`, after the time-out */
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
    if (reached()) return;
    if (this.isForked || this.isRolledBack || this.lacksVersion) throw this.refusal();
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

  /** The deliberations of the policy that is held, however old; undefined before there is one. */
  heldDeliberationIds(): readonly string[] | undefined {
    return this.current?.deliberationIds();
  }

  /**
   * Why a caller is refused at the door, by the policy that is held, however old; nothing when its key is registered, or before there is a
   * policy. A newer one may register the key.
   */
  refusalOf(caller: Peer): GrpcFailure | undefined {
    if (this.current?.isRegistered(caller) ?? true) return undefined;
    return this.ready() ? keyNotRegistered() : this.refusal();
  }

  /**
   * The keys of servers by the policy that is held, however old: whom to ask is decided by a current one. A withdrawal cuts connections.
   */
  serverKeys(isRegistered: (policy: Policy, server: Peer) => boolean): ServerKeys {
    const keys = new ServerKeys((server) => this.current !== undefined && isRegistered(this.current, server));
    this.onChange(({ entity }) => {
      if (entity && OF_KEYS.has(entity.$case)) keys.cutWithdrawn();
    });
    // A registration ends by itself, without a change.
    const endings = setInterval(() => keys.cutWithdrawn(), END_CHECK_MS).unref();
    this.stopping.signal.addEventListener('abort', () => clearInterval(endings));
    return keys;
  }

  /** For `RegisteredKeyGuard`. @throws PermissionDenied `KEY_NOT_REGISTERED`; Unavailable as `policy` */
  requireRegistered(caller: Peer): void {
    if (!this.policy().isRegistered(caller)) throw keyNotRegistered();
  }

  /** For `RegisteredKeyGuard`: the caller needs one of the rights of the topology for the rpc. @throws PermissionDenied `RIGHT_MISSING` */
  requireRight(caller: Peer, rpc: string): void {
    const refusal = refusalOfRight(this.policy(), caller, rpc);
    if (refusal) throw refusal;
  }

  /** For each message of a stream that lasts: a key, or its right, can be withdrawn meanwhile. @throws what the guard throws */
  requireAllowed({ caller, rpc }: { readonly caller: Peer; readonly rpc: string }): void {
    this.requireRegistered(caller);
    this.requireRight(caller, rpc);
  }

  /** @throws Unavailable as `policy` */
  mayActFor(caller: Peer, customer: string): boolean {
    return this.policy().mayActFor(caller, customer);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.keeping;
    this.onClose();
  }

  private refusal(): Unavailable {
    if (this.lacksVersion) return needsNewerVersion();
    if (this.isForked) return policyForked();
    return this.isRolledBack ? policyRolledBack() : policyStale();
  }

  /** Whether there is a reason to go on: a version that cannot read the policy stops, and does not read it again and again. */
  private get isFollowing(): boolean {
    return !this.stopping.signal.aborted && !this.lacksVersion;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    for (let backoff = MIN_BACKOFF_MS; this.isFollowing; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
      try {
        if (await this.receiveAll()) backoff = MIN_BACKOFF_MS;
      } catch (error) {
        this.failed(error);
      }
      this.snapshot = undefined;
      // With jitter, so that after an outage not all services reconnect at once.
      if (this.isFollowing) await delay(backoff * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    }
  }

  /** Asks at every interval whether the policy is still in force. Also before there is one: then its first snapshot is current at once. */
  private async confirm(): Promise<void> {
    const { signal } = this.stopping;
    while (this.isFollowing) {
      const pause = delay(CONFIRM_INTERVAL_MS, undefined, { signal }).catch(() => {});
      if (!this.isForked) await this.confirmOnce();
      await pause;
    }
  }

  private async confirmOnce(): Promise<void> {
    const { held } = this;
    const sentAt = this.clock();
    try {
      const inForce = await this.source.confirm(held, this.stopping.signal);
      if (inForce.revision < held.revision) throw rollback(inForce, held);
      if (held.revision > 0n && inForce.revision === this.held.revision && !isSameHead(inForce, this.held))
        throw new Fork('the confirmed head has another hash');
      this.freshness.answered(sentAt, inForce.revision, this.revision);
      this.isAnswered = true;
      this.wakeWaiters();
    } catch (error) {
      this.confirmFailed(error, held);
    }
  }

  private confirmFailed(error: unknown, held: PolicyHead): void {
    // An answer about what is no longer held says nothing. Of an outage only the beginning is reported.
    if (isSameHead(held, this.held) && (this.isAnswered || isFork(error) || error instanceof Rollback))
      this.failed(error);
    this.isAnswered = false;
  }

  /** Resolves to whether anything was received. */
  private async receiveAll(): Promise<boolean> {
    this.connection = new AbortController();
    const { connection } = this;
    const signal = AbortSignal.any([this.stopping.signal, connection.signal]);
    let silenceTimer: NodeJS.Timeout | undefined;
    const restartTimer = () => {
      clearTimeout(silenceTimer);
      silenceTimer = setTimeout(() => connection.abort(new Error('authorization is silent')), SILENCE_TIMEOUT_MS);
    };
    restartTimer();
    let received = false;
    try {
      for await (const message of this.source.watch(this.held, this.needsSnapshot, signal)) {
        if (signal.aborted) break;
        restartTimer();
        this.receive(message);
        received = true;
      }
      return received;
    } finally {
      clearTimeout(silenceTimer);
      connection.abort();
    }
  }

  private failed(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    if (error instanceof UnknownPolicyEntity) this.stopForNewerVersion(error);
    else if (isFork(error)) this.fork(error);
    else if (error instanceof Rollback) this.rolledBackBy(error);
    else this.onError(error);
  }

  /** Until authorization accepts what is held, or its administrators have accepted the fork and a snapshot has come. */
  private fork({ message }: Error): void {
    if (!this.isForked)
      this.log.error('POLICY_FORKED: authorization has another history of the policy; no decisions are taken', {
        policyRevision: String(this.held.revision),
        policyHash: this.held.hash.toString('hex'),
        what: message,
      });
    this.isForked = true;
    this.freshness.forget();
    this.connection.abort();
  }

  /** What is held stays in force for as long as its freshness lasts: another process of authorization may still confirm it. */
  private rolledBackBy({ message }: Rollback): void {
    if (!this.isRolledBack)
      this.log.error('POLICY_ROLLBACK: authorization offers an older policy than was held; it is refused', {
        policyRevision: String(this.held.revision),
        policyHash: this.held.hash.toString('hex'),
        what: message,
      });
    this.isRolledBack = true;
    this.connection.abort();
  }

  private stopForNewerVersion({ message }: Error): void {
    this.lacksVersion = true;
    this.connection.abort();
    this.log.error(
      'NEEDS_NEWER_VERSION: the policy cannot be read by this version; no decisions are taken until it is replaced',
      {
        policyRevision: String(this.held.revision),
        what: message,
      },
    );
  }

  private receive({ message, policyRevision: revision, policyHash: hash, previousHash }: WatchResponse): void {
    const head: PolicyHead = { revision, hash };
    switch (message?.$case) {
      case 'snapshotPart':
        this.receivePart(message.value, head);
        break;
      case 'change':
        if (!this.current) throw this.gap('a change before the snapshot');
        if (revision <= this.held.revision) break;
        if (revision > this.held.revision + 1n) throw this.gap('a change after one that did not arrive');
        if (!previousHash.equals(this.held.hash)) throw new Fork('a change follows another history');
        this.current.apply(message.value, revision);
        this.reached(head);
        this.notify(message.value, revision);
        break;
      case 'heartbeat':
        if (revision !== this.current?.revision) throw this.gap('a heartbeat of another revision');
        if (!isSameHead(head, this.held)) throw new Fork('a heartbeat has another hash');
        this.reached(head);
        break;
      case undefined:
        throw new UnknownPolicyEntity('a message');
    }
  }

  private receivePart({ first, last, entities, lost }: PolicySnapshotPart, head: PolicyHead): void {
    if (first) this.snapshot = { policy: new PolicyIndex(), entities: [], isAccepted: this.isOfHeld(lost) };
    if (!this.snapshot) throw this.gap('a snapshot without its beginning');
    for (const entity of entities) this.snapshot.policy.apply(entity, head.revision);
    this.snapshot.entities.push(...entities);
    if (!last) return;
    const { policy, entities: all, isAccepted } = this.snapshot;
    policy.revision = head.revision;
    this.snapshot = undefined;
    if (isAccepted) this.generation++;
    else this.requireNotBefore(head);
    this.warnOfGrantsThatReturn(policy);
    this.current = policy;
    this.reached(head);
    for (const entity of all) this.notify(entity, head.revision);
  }

  /** Whether administrators have accepted that what is held is lost. */
  private isOfHeld(lost: LostPolicyHead | undefined): boolean {
    return lost !== undefined && isSameHead({ revision: lost.policyRevision, hash: lost.policyHash }, this.held);
  }

  private requireNotBefore(head: PolicyHead): void {
    if (head.revision < this.held.revision) throw rollback(head, this.held);
    if (head.revision === this.held.revision && this.held.revision > 0n && !isSameHead(head, this.held))
      throw new Fork('a snapshot has another hash');
  }

  /** A revoked deliberation is never approved again, unless authorization has lost the revocation. */
  private warnOfGrantsThatReturn(next: PolicyIndex): void {
    const { current } = this;
    const returned = (current?.deliberationIds() ?? []).filter(
      (id) =>
        current?.deliberation(id)?.state === DeliberationState.DELIBERATION_STATE_REVOKED &&
        next.deliberation(id)?.state === DeliberationState.DELIBERATION_STATE_APPROVED,
    );
    if (returned.length > 0)
      this.log.error('deliberations that were revoked are approved in the policy that authorization has now', {
        deliberationIds: returned,
        policyRevision: String(next.revision),
      });
  }

  /** Messages were lost: the next `Watch` starts with a snapshot, and the current policy may get stale meanwhile. */
  private gap(what: string): Error {
    this.needsSnapshot = true;
    return new Error(`authorization sent ${what}`);
  }

  private reached(head: PolicyHead): void {
    this.held = head;
    this.needsSnapshot = false;
    if (this.isForked)
      this.log.info('the policy is followed again after a fork', { policyRevision: String(head.revision) });
    this.isForked = false;
    this.isRolledBack = false;
    this.keeping ??= this.keepNewest().finally(() => {
      this.keeping = undefined;
    });
    this.freshness.reached(head.revision);
    this.wakeWaiters();
  }

  /** A head that came while an older one was written is written next. Nothing is older than an empty policy, which is not kept. */
  private async keepNewest(): Promise<void> {
    const { keep } = this;
    while (keep && this.held.revision > 0n && !isSameHead(this.kept, this.held)) {
      const { held, generation } = this;
      try {
        await keep({ ...held, generation });
        this.kept = held;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.onError(error);
        await delay(KEEP_AGAIN_MS, undefined, { signal: this.stopping.signal }).catch(() => {});
      }
    }
  }

  private wakeWaiters(): void {
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

/** Why a caller may not call an rpc: its application has none of the rights that the topology lists for that. */
export const refusalOfRight = (policy: Policy, caller: Peer, rpc: string): GrpcFailure | undefined => {
  const kinds = rightsFor(rpc);
  const isAllowed = caller.kind === 'service' || kinds.length === 0 || policy.rightsOf(caller).hasOneOf(kinds);
  return isAllowed ? undefined : oneRightMissing(kinds);
};

const rollback = (offered: PolicyHead, held: PolicyHead): Rollback =>
  new Rollback(`revision ${offered.revision} is offered, and revision ${held.revision} was held`);
