import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { TlsFiles } from '@crossroads/grpc';

/** What a client of PostgreSQL sends first to ask for TLS. */
const SSL_REQUEST_BYTES = 8;

/** Speaks TLS in front of a PostgreSQL that does not. Resolves to its URL by way of that, with the certificate verified in full. */
export const tlsInFrontOf = async (url: string, { ca, cert, key }: TlsFiles) => {
  const { hostname, port } = new URL(url);
  const secureContext = createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.once('readable', () => {
      near.read(SSL_REQUEST_BYTES);
      near.write('S', () => {
        const secured = new TLSSocket(near, { isServer: true, secureContext });
        secured.on('error', end);
        secured.pipe(far).pipe(secured);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const through = new URL(url);
  [through.hostname, through.port] = ['localhost', String(typeof address === 'object' ? address?.port : '')];
  through.searchParams.set('sslmode', 'verify-full');
  through.searchParams.set('sslrootcert', ca);
  return { url: through.href, close: () => void server.close() };
};
