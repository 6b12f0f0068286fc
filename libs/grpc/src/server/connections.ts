import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { Server as NetServer } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { drain } from './draining.js';

/** The highest id that a stream can have. */
const MAX_STREAM_ID = 2 ** 31 - 1;
const PING_TIMEOUT_MS = 1_000;
const IDLE_MS = 200;
/** Spreads the age of connections, so that those made together do not end together. */
const JITTER = 0.1;

/**
 * Resolves when a call has just begun, or when none begins for a while. Older clients (grpc-go 1.34) lose a call that they begin at
 * the moment a GOAWAY arrives, and they mostly begin one right after an answer.
 */
const callBegunOrIdle = (session: ServerHttp2Session): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(idle);
      session.off('stream', done);
      session.off('close', done);
      resolve();
    };
    const idle = setTimeout(done, IDLE_MS);
    session.once('stream', done);
    session.once('close', done);
  });

/**
 * Sends GOAWAY, and resolves when the client has answered a PING after it: by then every call that the client began before the
 * GOAWAY has arrived, and none is refused. A single GOAWAY that names the last stream seen would lose the calls on their way, unless
 * the client retries (RFC 9113, 6.8).
 */
const sendGoaway = async (session: ServerHttp2Session): Promise<void> => {
  await callBegunOrIdle(session);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PING_TIMEOUT_MS);
    const acknowledged = () => {
      clearTimeout(timer);
      resolve();
    };
    session.once('close', acknowledged);
    try {
      session.goaway(constants.NGHTTP2_NO_ERROR, MAX_STREAM_ID);
      session.ping(acknowledged);
    } catch {
      // The session was closed meanwhile.
      acknowledged();
    }
  });
};

/** Closes a connection once the calls on it have ended. */
const closeGracefully = async (session: ServerHttp2Session): Promise<void> => {
  await sendGoaway(session);
  if (!session.destroyed && !session.closed) session.close();
};

/** The HTTP/2 servers under a server of grpc-js, which has no public access to them. */
const http2ServersOf = (server: Server): Http2Server[] => {
  const below: unknown = Reflect.get(server, 'http2Servers');
  return below instanceof Map ? [...below.keys()].filter((one): one is Http2Server => one instanceof NetServer) : [];
};

/** The connections of a listening server, with their maximum age. */
export class Connections {
  private readonly open = new Set<ServerHttp2Session>();
  private readonly servers: readonly Http2Server[];
  private closing = false;

  constructor(
    server: Server,
    /** Absent or 0: connections last as long as the client wants. */
    private readonly maxAgeMs = 0,
  ) {
    this.servers = http2ServersOf(server);
    for (const one of this.servers) one.on('session', (session) => this.add(session));
  }

  /**
   * Accepts no new connections, and resolves when every client knows that it has to call elsewhere. The GOAWAYs are spread over
   * `spreadMs`: grpc-go retries a call that met an ending connection once only, and a client may have several connections here.
   */
  async closeAllGracefully(spreadMs: number, forceStop: AbortSignal | undefined): Promise<void> {
    this.closing = true;
    // Closes the listening socket only: `close` of Node's HTTP/2 server would close the sessions at once.
    for (const one of this.servers) Reflect.apply(NetServer.prototype.close, one, []);
    await Promise.all(
      [...this.open].map(async (session) => {
        await drain(Math.random() * spreadMs, forceStop);
        await sendGoaway(session);
      }),
    );
  }

  private add(session: ServerHttp2Session): void {
    this.open.add(session);
    let ageTimer: NodeJS.Timeout | undefined;
    if (this.maxAgeMs > 0) {
      const ms = this.maxAgeMs * (1 - JITTER + 2 * JITTER * Math.random());
      ageTimer = setTimeout(() => void closeGracefully(session), ms).unref();
    }
    session.once('close', () => {
      this.open.delete(session);
      clearTimeout(ageTimer);
    });
    // Its handshake was under way when the others received their GOAWAY.
    if (this.closing) void closeGracefully(session);
  }
}
