import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Unauthenticated } from '../errors/failures.js';
import type { Caller } from './caller.js';
import { type IdentifiedPeer, peerOf } from './peer.js';

/** The part of a grpc-js call that names its peer, as handlers and interceptors have it. */
type IncomingCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The part of an HTTP/2 session that is used here. */
interface Session {
  once(event: 'close', listener: () => void): unknown;
  destroy(): void;
}

const isSession = (value: unknown): value is Session =>
  typeof property(value, 'once') === 'function' && typeof property(value, 'destroy') === 'function';

/** The part of an HTTP/2 stream that is used here. */
interface Stream {
  on(event: 'data', listener: (data: Buffer) => void): unknown;
}

const isStream = (value: unknown): value is Stream => typeof property(value, 'on') === 'function';

/** The HTTP/2 stream of a call. grpc-js has no public access to it; nothing when its internals change. */
export const streamOf = (call: IncomingCall): Stream | undefined => {
  const stream = property(property(call, 'call') ?? call, 'stream');
  return isStream(stream) ? stream : undefined;
};

/** The HTTP/2 session of a call, as `getAuthContext` of grpc-js parses the certificate at every call. Without it nothing is cached. */
const sessionOf = (call: IncomingCall): Session | undefined => {
  const session = property(streamOf(call), 'session');
  return isSession(session) ? session : undefined;
};

/** Identifies the callers of one port, which are all of one kind. TLS 1.3 has no renegotiation, so that a connection keeps its certificate. */
export class Callers {
  private readonly peers = new Map<Session, IdentifiedPeer>();

  constructor(
    private readonly kind: Caller['kind'],
    private readonly trustDomain: string,
    private readonly now: () => number,
  ) {}

  /** @throws Unauthenticated */
  of(call: IncomingCall): Caller {
    const session = sessionOf(call);
    const known = session && this.peers.get(session);
    const peer = known ?? peerOf(call.getAuthContext().sslPeerCertificate, this.trustDomain, this.kind);
    if (session !== undefined && known === undefined) this.remember(session, peer);
    if (peer.notAfter < this.now())
      throw new Unauthenticated('CERTIFICATE_EXPIRED', 'the certificate has expired; connect again with a new one');
    return peer.caller;
  }

  /** Nothing when the certificate names nobody. */
  find(call: IncomingCall): Caller | undefined {
    const found = this.identify(call);
    return found instanceof Unauthenticated ? undefined : found;
  }

  identify(call: IncomingCall): Caller | Unauthenticated {
    try {
      return this.of(call);
    } catch (error) {
      if (error instanceof Unauthenticated) return error;
      throw error;
    }
  }

  /** Destroys all connections on which a call has arrived. */
  disconnect(): void {
    for (const session of this.peers.keys()) session.destroy();
  }

  private remember(session: Session, peer: IdentifiedPeer): void {
    this.peers.set(session, peer);
    session.once('close', () => this.peers.delete(session));
  }
}
