import { createRequire } from 'node:module';

/** What is needed of kafkajs's own queue of requests, one a connection. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since 1970. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_MS = 10;

let calmed = false;

/**
 * kafkajs 2.2.4 looks at each queue again a millisecond after it has looked, also when nothing waits in it: a thousand
 * timers a second and connection, each with a `TimeoutNegativeWarning` on Node 24. With this it looks only while something
 * waits; what it does then is unchanged. Without the file that it mends it changes nothing.
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
};

const isRequestQueue = (value: unknown): value is RequestQueue =>
  typeof value === 'object' &&
  value !== null &&
  'checkPendingRequests' in value &&
  'scheduleCheckPendingRequests' in value;
