import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { patchRequestQueue } from './request-queue.js';

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

describe('the request queue of kafkajs, patched,', () => {
  const timers: Queue[] = [];
  afterEach(() => {
    jest.useRealTimers();
    for (const { throttleCheckTimeoutId } of timers) clearTimeout(throttleCheckTimeoutId ?? undefined);
  });

  it('is not checked while it is empty', () => {
    const before = queueOf([]);
    before.scheduleCheckPendingRequests();
    timers.push(before);
    // Not patched yet: it is checked.
    expect(before.throttleCheckTimeoutId).not.toBeNull();

    patchRequestQueue();
    const idle = queueOf([]);
    idle.scheduleCheckPendingRequests();
    expect(idle.throttleCheckTimeoutId).toBeNull();
  });

  it.each([
    ['late', 1, true],
    ['in time', 60_000, false],
  ])('times out a request whose answer is %s (timeout %p ms): %p', (_, requestTimeout, givenUp) => {
    patchRequestQueue();
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

  it('is checked while a request is pending, until it is sent', async () => {
    patchRequestQueue();
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

interface Connection {
  connect(): Promise<unknown>;
  send(protocol: unknown): Promise<unknown>;
}
type Connections = new (options: Readonly<Record<string, unknown>>) => Connection;

const kafkajs = createRequire(import.meta.url);
const Connections = kafkajs('kafkajs/src/network/connection.js') as Connections;
const protocol: unknown = (
  kafkajs('kafkajs/src/protocol/requests/apiVersions/index.js') as { protocol(of: { version: number }): () => unknown }
).protocol({ version: 0 })();

describe('a connection of kafkajs, patched,', () => {
  it('ends when a request on it is not answered in time, as where packets are dropped', async () => {
    patchRequestQueue();
    const server = createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const log = { info: () => undefined, error: () => undefined, warn: () => undefined, debug: () => undefined };
    const socket = connect(port, '127.0.0.1');
    const connection = new Connections({
      host: '127.0.0.1',
      port,
      logger: { namespace: () => log },
      connectionTimeout: 10_000,
      requestTimeout: 50,
      socketFactory: ({ onConnect }: { readonly onConnect: () => void }) => socket.once('connect', onConnect),
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await connection.connect();
    await expect(connection.send(protocol)).rejects.toThrow(/timed out/);
    await closed;
    server.close();
  });
});
