import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

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
  /** Ours: closes the connection of this queue. */
  closeConnection?: () => void;
}

/** The part of kafkajs's internal connection that is patched. */
interface Connection {
  readonly requestQueue: RequestQueue;
  readonly socket?: Socket;
  isConnected(): boolean;
  connect(): Promise<unknown>;
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
 * checks only while requests are pending, and for request timeouts once a second instead of ten times. docs/decisions/0012 has the
 * figures.
 *
 * kafkajs also keeps a connection on which a request has timed out, and sends the next requests over it. Where packets are dropped, it
 * ends only when TCP gives up, after a quarter of an hour. With the patch a request that times out closes its connection.
 *
 * And it opens a socket for each of several requests that find a connection closed, all of which it takes for the one of the connection,
 * as it does with one that was given up and answers after all. The connection then counts as open while its socket is closed: what is
 * sent on it is lost, and the consumer neither joins its group nor commits, for minutes. With the patch a connection has one socket.
 *
 * What kafkajs no longer has is not patched.
 */
export const patchRequestQueue = (): void => {
  if (patched) return;
  patched = true;
  patchConnection();
  const prototype = prototypeOf('kafkajs/src/network/requestQueue/index.js');
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
      const late = [...this.inflight.values()].filter(
        ({ sentAt, requestTimeout }) => Date.now() - sentAt > requestTimeout,
      );
      for (const request of late) request.timeoutRequest();
      if (late.length > 0) this.closeConnection?.();
      if (!this.isConnected()) this.destroy();
    }, TIMEOUT_CHECK_MS);
  };
};

const patchConnection = (): void => {
  const prototype = prototypeOf('kafkajs/src/network/connection.js');
  if (!isConnection(prototype)) return;
  const { connect } = prototype;
  const connecting = new WeakMap<Connection, Promise<unknown>>();
  prototype.connect = async function (this: Connection): Promise<unknown> {
    this.requestQueue.closeConnection = () => this.socket?.destroy(new Error('a request was not answered in time'));
    if (this.isConnected()) return true;
    const attempt = connecting.get(this) ?? connectAnew(this, () => connect.call(this));
    connecting.set(this, attempt);
    try {
      return await attempt;
    } finally {
      if (connecting.get(this) === attempt) connecting.delete(this);
    }
  };
};

/** The events of an earlier socket must not reach the connection any more. */
const connectAnew = async (connection: Connection, connect: () => Promise<unknown>): Promise<unknown> => {
  abandon(connection.socket);
  try {
    return await connect();
  } catch (error) {
    abandon(connection.socket);
    throw error;
  }
};

const abandon = (socket: Socket | undefined): void => {
  socket?.removeAllListeners().on('error', () => undefined);
  socket?.destroy();
};

const prototypeOf = (file: string): unknown => {
  const module: unknown = createRequire(import.meta.url)(file);
  return typeof module === 'function' ? module.prototype : undefined;
};

const isConnection = (value: unknown): value is Connection =>
  typeof value === 'object' && value !== null && 'connect' in value && 'processData' in value;

const isRequestQueue = (value: unknown): value is RequestQueue =>
  typeof value === 'object' &&
  value !== null &&
  'checkPendingRequests' in value &&
  'scheduleCheckPendingRequests' in value &&
  'scheduleRequestTimeoutCheck' in value;
