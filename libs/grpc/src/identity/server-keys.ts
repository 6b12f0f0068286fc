import { TLSSocket } from 'node:tls';
import type { Caller } from './caller.js';
import { peerOf } from './peer.js';

/**
 * Which keys servers may have, those of institutions above all: a name in a certificate is not enough. It knows the open connections, so that one ends
 * when the key of its server is withdrawn.
 */
export class ServerKeys {
  private readonly open = new Map<TLSSocket, Caller>();

  constructor(private readonly isRegistered: (server: Caller) => boolean) {}

  /** Accepts a new connection, before anything is sent. @throws Error when the key of its server is not registered */
  accept(socket: unknown, trustDomain: string, kind: Caller['kind']): void {
    if (!(socket instanceof TLSSocket)) throw new TypeError('a connection without TLS shows no key');
    const { caller } = peerOf(socket.getPeerCertificate(), trustDomain, kind);
    if (!this.isRegistered(caller)) throw new Error("the key of the server's certificate is not registered");
    this.open.set(socket, caller);
    socket.once('close', () => this.open.delete(socket));
  }

  /** Cuts connections to servers whose key is no longer registered. Calls that are waiting end with UNAVAILABLE. */
  cutWithdrawn(): void {
    for (const [socket, server] of this.open) if (!this.isRegistered(server)) socket.destroy();
  }
}
