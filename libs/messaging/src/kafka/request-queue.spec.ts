import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
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
  isConnected(): boolean;
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  send(protocol: unknown): Promise<unknown>;
}
type Connections = new (options: Readonly<Record<string, unknown>>) => Connection;

const kafkajs = createRequire(import.meta.url);
const Connections = kafkajs('kafkajs/src/network/connection.js') as Connections;
const protocol: unknown = (
  kafkajs('kafkajs/src/protocol/requests/apiVersions/index.js') as { protocol(of: { version: number }): () => unknown }
).protocol({ version: 0 })();

describe('a connection of kafkajs, patched,', () => {
  let server: Server;
  let port: number;
  /** Its sockets, and what lets each one connect. */
  const opened: { readonly socket: Socket; readonly onConnect: () => void }[] = [];

  beforeAll(async () => {
    patchRequestQueue();
    server = createServer((socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  const connections: Connection[] = [];

  afterAll(() => void server.close());
  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.disconnect();
    for (const { socket } of opened.splice(0)) socket.destroy();
  });

  const log = { info: () => undefined, error: () => undefined, warn: () => undefined, debug: () => undefined };
  const connectionWith = (options: { readonly connectionTimeout: number; readonly isFrozen?: boolean }): Connection => {
    const connection = new Connections({
      host: '127.0.0.1',
      port,
      logger: { namespace: () => log },
      connectionTimeout: options.connectionTimeout,
      requestTimeout: 50,
      socketFactory: ({ onConnect }: { readonly onConnect: () => void }) => {
        const socket = connect(port, '127.0.0.1');
        opened.push({ socket, onConnect });
        return options.isFrozen === true ? socket.once('session', onConnect) : socket.once('connect', onConnect);
      },
    });
    connections.push(connection);
    return connection;
  };

  it('ends when a request on it is not answered in time, as where packets are dropped', async () => {
    const connection = connectionWith({ connectionTimeout: 10_000 });
    await connection.connect();
    const closed = new Promise((resolve) => opened[0]?.socket.once('close', resolve));
    await expect(connection.send(protocol)).rejects.toThrow(/timed out/);
    await closed;
  });

  it('opens one socket for several requests that find it closed', async () => {
    const connection = connectionWith({ connectionTimeout: 10_000 });
    await Promise.all([connection.connect(), connection.connect(), connection.connect()]);
    expect(opened).toHaveLength(1);
    expect(connection.isConnected()).toBe(true);
  });

  it('is not open when a socket that it had given up is answered after all', async () => {
    const connection = connectionWith({ connectionTimeout: 20, isFrozen: true });
    await expect(connection.connect()).rejects.toThrow(/timeout/);
    opened[0]?.socket.emit('session');
    expect(connection.isConnected()).toBe(false);
  });

  it('stays open when a socket that it had given up fails after all', async () => {
    const connection = connectionWith({ connectionTimeout: 200, isFrozen: true });
    await expect(connection.connect()).rejects.toThrow(/timeout/);
    const again = connection.connect();
    opened[1]?.socket.emit('session');
    await again;
    opened[0]?.socket.emit('error', new Error('disconnected before a secure connection was established'));
    await turn();
    expect(connection.isConnected()).toBe(true);
    expect(opened[1]?.socket.destroyed).toBe(false);
  });
});
