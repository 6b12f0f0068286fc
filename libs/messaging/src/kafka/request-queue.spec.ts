import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { calmRequestQueues } from './request-queue.js';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
}

const required: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
const RequestQueue = required as { readonly prototype: Queue };

const queueOf = (pending: unknown[]): Queue =>
  Object.assign(Object.create(RequestQueue.prototype) as Queue, {
    pending,
    throttledUntil: -1,
    throttleCheckTimeoutId: null,
  });

describe('a queue of requests of kafkajs', () => {
  const timers: Queue[] = [];
  afterEach(() => {
    jest.useRealTimers();
    for (const { throttleCheckTimeoutId } of timers) clearTimeout(throttleCheckTimeoutId ?? undefined);
  });

  it('is not looked at while nothing waits in it', () => {
    const before = queueOf([]);
    before.scheduleCheckPendingRequests();
    timers.push(before);
    // As it comes; without this the spec would prove nothing.
    expect(before.throttleCheckTimeoutId).not.toBeNull();

    calmRequestQueues();
    const idle = queueOf([]);
    idle.scheduleCheckPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it.each([
    ['late', 1, true],
    ['in time', 60_000, false],
  ])('gives up a request whose answer is %s: after %p ms %p', (_, requestTimeout, givenUp) => {
    calmRequestQueues();
    jest.useFakeTimers();
    const timeoutRequest = jest.fn();
    const request = { sentAt: Date.now(), requestTimeout, timeoutRequest };
    let connected = true;
    const inflight = new Map([[1, request]]);
    const queue = Object.assign(queueOf([]), { enforceRequestTimeout: true, inflight, isConnected: () => connected });
    queue.scheduleRequestTimeoutCheck();
    jest.advanceTimersByTime(1_000);
    expect(timeoutRequest).toHaveBeenCalledTimes(givenUp ? 1 : 0);
    connected = false;
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is looked at again while something waits, until it has gone', async () => {
    calmRequestQueues();
    const gone = Promise.withResolvers<void>();
    const queue = queueOf(['a request']);
    queue.checkPendingRequests = () => {
      queue.pending.length = 0;
      queue.scheduleCheckPendingRequests();
      gone.resolve();
    };
    queue.scheduleCheckPendingRequests();
    await gone.promise;
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });
});
