import { createRequire } from 'node:module';

/** The part of kafkajs's internal request queue that is patched; each connection has one. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, SentRequest>;
  readonly enforceRequestTimeout: boolean;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  isConnected(): boolean;
  destroy(): void;
  /** Milliseconds since 1970. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
}

interface SentRequest {
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  /** Milliseconds. */
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

const PENDING_CHECK_MS = 10;
const TIMEOUT_CHECK_MS = 1_000;

let patched = false;

/**
 * kafkajs 2.2.4 checks each queue for pending requests every millisecond, also when it is empty: a thousand timers a second for each
 * connection. On Node 24 the first one causes a `TimeoutNegativeWarning`, which is text among the JSON lines of the log. The patch
 * checks only while requests are pending, and for request timeouts (15 s) once a second instead of ten times. If kafkajs no longer has
 * this file, nothing is patched. docs/decisions/0012 has the figures.
 */
export const patchRequestQueue = (): void => {
  if (patched) return;
  patched = true;
  const module: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  const prototype: unknown = typeof module === 'function' ? module.prototype : undefined;
  if (!isRequestQueue(prototype)) return;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId) return;
    const wait = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      wait > 0 ? wait : PENDING_CHECK_MS,
    );
  };
  prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(() => {
      for (const request of [...this.inflight.values()])
        if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!this.isConnected()) this.destroy();
    }, TIMEOUT_CHECK_MS);
  };
};

const isRequestQueue = (value: unknown): value is RequestQueue =>
  typeof value === 'object' &&
  value !== null &&
  'checkPendingRequests' in value &&
  'scheduleCheckPendingRequests' in value &&
  'scheduleRequestTimeoutCheck' in value;
