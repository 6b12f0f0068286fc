import { createRequire } from 'node:module';

/** What is needed of kafkajs's own queue of requests, one a connection. */
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

const CHECK_MS = 10;
const LATE_CHECK_MS = 1_000;

let calmed = false;

/**
 * kafkajs 2.2.4 looks at each queue again a millisecond after it has looked, also when nothing waits in it: a thousand
 * timers a second and connection, each with a `TimeoutNegativeWarning` on Node 24. With this it looks only while something
 * waits; what it does then is unchanged. And it looks ten times a second whether an answer is late, which it is after 15 s:
 * once a second is enough. Without the file that it mends it changes nothing.
 */
export const calmRequestQueues = (): void => {
  if (calmed) return;
  calmed = true;
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
      wait > 0 ? wait : CHECK_MS,
    );
  };
  prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(() => {
      for (const request of [...this.inflight.values()])
        if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!this.isConnected()) this.destroy();
    }, LATE_CHECK_MS);
  };
};

const isRequestQueue = (value: unknown): value is RequestQueue =>
  typeof value === 'object' &&
  value !== null &&
  'checkPendingRequests' in value &&
  'scheduleCheckPendingRequests' in value &&
  'scheduleRequestTimeoutCheck' in value;
