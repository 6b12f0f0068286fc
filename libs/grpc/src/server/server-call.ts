import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../identity/caller.js';
import type { Call } from './call.js';

/** What all four kinds of calls of grpc-js have in common. */
export interface GrpcCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
}

/** A call in flight. The signal and the hash are made on demand, as few handlers use them. */
export class ServerCall implements Call {
  private controller: AbortController | undefined;
  private hash: Uint8Array | undefined;
  private aborted = false;
  private finished = false;
  private readonly onCancelled = () => this.abort();

  constructor(
    private readonly call: GrpcCall,
    readonly caller: Caller,
    readonly rpc: string,
    private readonly bytes: Uint8Array | undefined,
  ) {}

  get metadata(): Metadata {
    return this.call.metadata;
  }

  get isAborted(): boolean {
    return this.aborted || (this.call.cancelled && !this.finished);
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort();
      else this.call.once('cancelled', this.onCancelled);
    }
    return this.controller.signal;
  }

  /** @throws TypeError for a stream of requests, which has no single hash. */
  get requestHash(): Uint8Array {
    if (this.bytes === undefined) throw new TypeError('a stream of requests has no hash');
    this.hash ??= createHash('sha256').update(this.bytes).digest();
    return this.hash;
  }

  abort(): void {
    if (this.finished) return;
    this.aborted = true;
    this.controller?.abort();
  }

  /** grpc-js emits "cancelled" after every call, also after an answer: from here on it is ignored. */
  finish(): void {
    this.finished = true;
    if (this.controller !== undefined) this.call.off('cancelled', this.onCancelled);
  }
}
