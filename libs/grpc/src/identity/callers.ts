import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Unauthenticated } from '../errors/failures.js';
import type { Caller } from './caller.js';
import { type Peer, peerOf } from './peer.js';

/** What is needed of a call of grpc-js, as a handler or an interceptor has it: who it came from. */
type Arrived = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** What is needed of the HTTP/2 session under a call. */
interface Session {
  once(event: 'close', listener: () => void): unknown;
  destroy(): void;
}

const isSession = (value: unknown): value is Session =>
  typeof property(value, 'once') === 'function' && typeof property(value, 'destroy') === 'function';

/**
 * The HTTP/2 session under a call. grpc-js does not offer it, and `getAuthContext` parses the certificate at each call.
 * Where its insides have changed there is no session, and nothing is remembered.
 */
const sessionOf = (call: Arrived): Session | undefined => {
  const session = property(property(property(call, 'call') ?? call, 'stream'), 'session');
  return isSession(session) ? session : undefined;
};

/** Names the callers of one server. TLS 1.3 does not renegotiate: one connection is one certificate. */
export class Callers {
  private readonly peers = new Map<Session, Peer>();

  constructor(
    private readonly trustDomain: string,
    private readonly now: () => number,
  ) {}

  /** @throws Unauthenticated */
  of(call: Arrived): Caller {
    const session = sessionOf(call);
    const known = session && this.peers.get(session);
    const peer = known ?? peerOf(call.getAuthContext().sslPeerCertificate, this.trustDomain);
    if (session !== undefined && known === undefined) this.remember(session, peer);
    if (peer.notAfter < this.now())
      throw new Unauthenticated('CERTIFICATE_EXPIRED', 'the certificate has expired; connect again with a new one');
    return peer.caller;
  }

  /** Nobody when the certificate does not say who. */
  find(call: Arrived): Caller | undefined {
    try {
      return this.of(call);
    } catch {
      return undefined;
    }
  }

  /** Cuts all connections on which a call has come. */
  disconnect(): void {
    for (const session of this.peers.keys()) session.destroy();
  }

  private remember(session: Session, peer: Peer): void {
    this.peers.set(session, peer);
    session.once('close', () => this.peers.delete(session));
  }
}
