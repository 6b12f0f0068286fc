import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { Server as NetServer } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { drained } from './draining.js';

/** The highest id that a stream can have. */
const LAST_STREAM = 2 ** 31 - 1;
const ANSWER_WITHIN_MS = 1_000;
const IDLE_MS = 200;
/** So that connections made together do not end together. */
const JITTER = 0.1;

/**
 * Resolves when a call has just begun, or none does for a while. Older clients (grpc-go 1.34) lose a call that they begin in the
 * very moment in which they hear that they are to leave; and they begin one mostly when they have just been answered.
 */
const callHasBegun = (session: ServerHttp2Session): Promise<void> =>
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
 * Says that no new call is wanted on a connection, and resolves when the other side has heard it. All that it began until then
 * has arrived by that time, and none of it is refused: one GOAWAY alone names the last call that has been seen, and what is on
 * its way is lost to a client that repeats nothing (RFC 9113, 6.8).
 */
const askToLeave = async (session: ServerHttp2Session): Promise<void> => {
  await callHasBegun(session);
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, ANSWER_WITHIN_MS);
    const heard = () => {
      clearTimeout(late);
      resolve();
    };
    session.once('close', heard);
    try {
      session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
      session.ping(heard);
    } catch {
      // It has just been closed.
      heard();
    }
  });
};

/** What is under way on it ends first. */
const end = async (session: ServerHttp2Session): Promise<void> => {
  await askToLeave(session);
  if (!session.destroyed && !session.closed) session.close();
};

/** What is needed of the HTTP/2 server below one of grpc-js, which does not offer it. */
const serversBelow = (server: Server): Http2Server[] => {
  const below: unknown = Reflect.get(server, 'http2Servers');
  return below instanceof Map ? [...below.keys()].filter((one): one is Http2Server => one instanceof NetServer) : [];
};

/** The connections of a server that listens; none lasts longer than it may. */
export class Connections {
  private readonly open = new Set<ServerHttp2Session>();
  private readonly servers: readonly Http2Server[];
  private leaving = false;

  constructor(
    server: Server,
    /** Absent or 0: they last as long as the client wants. */
    private readonly maxAgeMs = 0,
  ) {
    this.servers = serversBelow(server);
    for (const one of this.servers) one.on('session', (session) => this.add(session));
  }

  /**
   * Takes no new ones, and resolves when all clients know that they are to take their calls elsewhere. They hear of it within
   * `spreadMs`, not all at once: grpc-go repeats a call that met a connection which was just ending, but not twice, and a client may
   * have all its connections here.
   */
  async askAllToLeave(spreadMs: number, hasten: AbortSignal | undefined): Promise<void> {
    this.leaving = true;
    // Of the socket alone: Node's own HTTP/2 server would close the sessions at once.
    for (const one of this.servers) Reflect.apply(NetServer.prototype.close, one, []);
    await Promise.all(
      [...this.open].map(async (session) => {
        await drained(Math.random() * spreadMs, hasten);
        await askToLeave(session);
      }),
    );
  }

  private add(session: ServerHttp2Session): void {
    this.open.add(session);
    let age: NodeJS.Timeout | undefined;
    if (this.maxAgeMs > 0) {
      const ms = this.maxAgeMs * (1 - JITTER + 2 * JITTER * Math.random());
      age = setTimeout(() => void end(session), ms).unref();
    }
    session.once('close', () => {
      this.open.delete(session);
      clearTimeout(age);
    });
    // Its handshake was under way when all others were told.
    if (this.leaving) void end(session);
  }
}
