import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { CallContext, Lane } from '@crossroads/configuration';
import type { Deadline, Metadata } from '@grpc/grpc-js';
import type { GrpcFailure } from '../errors/failures.js';
import type { Caller } from '../identity/caller.js';
import type { Call } from './call.js';

/** What all four kinds of calls of grpc-js have in common. */
export interface GrpcCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  getDeadline(): Deadline;
}

/** What a call was admitted with. */
export interface CallTerms {
  readonly lane: Lane;
  /** Milliseconds since 1970; `Infinity` without one. */
  readonly deadline: number;
}

/** A call in flight. The signal and the hash are made on demand, as few handlers use them. */
export class ServerCall implements Call, CallContext {
  readonly lane: Lane;
  private readonly until: number;
  private controller: AbortController | undefined;
  private listeners: Set<() => void> | undefined;
  private hash: Uint8Array | undefined;
  private abortedBy: GrpcFailure | true | undefined;
  private listening = false;
  private finished = false;
  private readonly onCancelled = () => this.abort();

  constructor(
    private readonly call: GrpcCall,
    readonly caller: Caller,
    readonly rpc: string,
    private readonly bytes: Uint8Array | undefined,
    { lane, deadline }: CallTerms,
  ) {
    this.lane = lane;
    this.until = deadline;
  }

  get metadata(): Metadata {
    return this.call.metadata;
  }

  get isAborted(): boolean {
    return this.abortedBy !== undefined || (this.call.cancelled && !this.finished);
  }

  /** Why the server aborted it, where it said so. */
  get abortReason(): GrpcFailure | undefined {
    return this.abortedBy === true ? undefined : this.abortedBy;
  }

  /** Work that outlives the handler is not the caller's: from then on there is no deadline, and nothing is cancelled. */
  get deadline(): number {
    return this.finished ? Number.POSITIVE_INFINITY : this.until;
  }

  /** A call that was made for this one ends at the same deadline, and up to a millisecond before grpc-js ends this one. */
  get isCancelled(): boolean {
    return !this.finished && (this.isAborted || Date.now() >= this.until - 1);
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort();
      else this.listen();
    }
    return this.controller.signal;
  }

  /** @throws TypeError for a stream of requests, which has no single hash. */
  get requestHash(): Uint8Array {
    if (this.bytes === undefined) throw new TypeError('a stream of requests has no hash');
    this.hash ??= createHash('sha256').update(this.bytes).digest();
    return this.hash;
  }

  onCancel(listener: () => void): () => void {
    if (this.isCancelled) listener();
    else if (!this.finished) {
      this.listeners ??= new Set();
      this.listeners.add(listener);
      this.listen();
    }
    return () => void this.listeners?.delete(listener);
  }

  abort(reason?: GrpcFailure): void {
    if (this.finished) return;
    this.abortedBy ??= reason ?? true;
    this.controller?.abort();
    const { listeners } = this;
    this.listeners = undefined;
    for (const listener of listeners ?? []) listener();
  }

  /** grpc-js emits "cancelled" after every call, also after an answer: from here on it is ignored. */
  finish(): void {
    this.finished = true;
    this.listeners = undefined;
    if (this.listening) this.call.off('cancelled', this.onCancelled);
  }

  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    this.call.once('cancelled', this.onCancelled);
  }
}
