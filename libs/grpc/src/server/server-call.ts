import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../identity/caller.js';
import type { Call } from './call.js';

/** What all four kinds of calls of grpc-js have. */
export interface ArrivedCall extends EventEmitter {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
}

/** A call in hand. What few handlers ask for (signal, hash) is made when they do. */
export class ServerCall implements Call {
  private controller: AbortController | undefined;
  private hash: Uint8Array | undefined;
  private aborted = false;
  private finished = false;
  private readonly onCancelled = () => this.abort();

  constructor(
    private readonly arrived: ArrivedCall,
    readonly caller: Caller,
    readonly rpc: string,
    private readonly bytes: Uint8Array | undefined,
  ) {}

  get metadata(): Metadata {
    return this.arrived.metadata;
  }

  get isAborted(): boolean {
    return this.aborted || (this.arrived.cancelled && !this.finished);
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isAborted) this.controller.abort();
      else this.arrived.once('cancelled', this.onCancelled);
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

  /** grpc-js says "cancelled" after each call, also of one that was answered: from here on it means nothing. */
  finish(): void {
    this.finished = true;
    if (this.controller !== undefined) this.arrived.off('cancelled', this.onCancelled);
  }
}
