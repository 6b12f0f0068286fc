import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { createSecureContext, type SecureVersion, TLSSocket } from 'node:tls';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { openDatabase } from '@crossroads/database';
import { connect, requireTls13 } from '@crossroads/grpc';
import { CertificateAuthorities, type IdentityFiles, identityFiles } from '@crossroads/local';
import { kafkaClient } from '@crossroads/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const TRUST_DOMAIN = 'crossroads.test';
/** The request of a PostgreSQL client for TLS, and the answer. */
const SSL_REQUEST = 8;
const YES = 'S';

const folder = mkdtempSync(join(tmpdir(), 'crossroads-tls-'));
const floor = tls.DEFAULT_MIN_VERSION;
let own: IdentityFiles;
let identity: { readonly certificate: string; readonly key: string };

beforeAll(async () => {
  const authority = await CertificateAuthorities.open(join(folder, 'certificates'), TRUST_DOMAIN);
  own = await identityFiles(join(folder, 'certificates'), 'exchange', authority, (ca) => ca.issueService('exchange'));
  identity = await authority.issueService('reference-directory');
  requireTls13();
});
afterAll(() => {
  tls.DEFAULT_MIN_VERSION = floor;
  rmSync(folder, { recursive: true, force: true });
});

/** A server that supports one version of TLS, and closes the connection after the handshake. */
const serverOf = async (version: SecureVersion, isPostgres: boolean) => {
  const { promise: agreed, resolve } = Promise.withResolvers<string>();
  const secureContext = createSecureContext({
    cert: identity.certificate,
    key: identity.key,
    minVersion: version,
    maxVersion: version,
  });
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    const speak = () => {
      const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['h2'] });
      secured.on('secure', () => {
        resolve(secured.getProtocol() ?? 'none');
        secured.destroy();
      });
      secured.on('_tlsError', (error: Error) => {
        resolve(String(Reflect.get(error, 'code')));
        secured.destroy();
      });
    };
    if (!isPostgres) return speak();
    socket.once('readable', () => {
      socket.read(SSL_REQUEST);
      socket.write(YES, speak);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, agreed, close: () => server.close() };
};

const clients: readonly (readonly [string, boolean, (port: number) => Promise<unknown>])[] = [
  [
    'a service’s call',
    false,
    async (port) => {
      const directory = connect(DirectoryServiceService, `127.0.0.1:${port}`, {
        tls: { ca: own.ca, cert: own.certificate, key: own.key },
        trustDomain: TRUST_DOMAIN,
        server: { kind: 'service', name: 'reference-directory' },
      });
      const call = directory.check({ person: undefined, institutions: [], date: undefined }, { deadlineMs: 2_000 });
      await call.finally(() => directory.close());
    },
  ],
  [
    'Kafka’s client',
    false,
    async (port) => {
      const certificates = { ca: own.ca, cert: own.certificate, key: own.key };
      const options = { brokers: [`localhost:${port}`], clientId: 'spec', tls: certificates };
      const admin = kafkaClient(options, () => undefined).admin({ retry: { retries: 0 } });
      try {
        await admin.connect();
      } finally {
        await admin.disconnect();
      }
    },
  ],
  [
    'a database connection with sslmode',
    true,
    async (port) => {
      const url = `postgres://role:password@localhost:${port}/database?sslmode=verify-full&sslrootcert=${own.ca}`;
      await openDatabase({ url });
    },
  ],
];

describe.each(clients)('%s', (_name, isPostgres, open) => {
  const agreedWith = async (version: SecureVersion): Promise<string> => {
    const server = await serverOf(version, isPostgres);
    const failed = open(server.port).then(
      () => false,
      () => true,
    );
    const agreed = await server.agreed;
    expect(await failed).toBe(true);
    server.close();
    return agreed;
  };

  it('an outgoing connection uses TLS 1.3', async () => {
    expect(await agreedWith('TLSv1.3')).toBe('TLSv1.3');
  });

  it('an outgoing connection fails when the server supports only TLS 1.2', async () => {
    expect(await agreedWith('TLSv1.2')).toBe('ERR_SSL_UNSUPPORTED_PROTOCOL');
  });
});
