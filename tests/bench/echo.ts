import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CertificateAuthorities, identityFiles } from '@crossroads/local';
import { Client, credentials } from '@grpc/grpc-js';
import { closedLoop, type Measured } from './closed-loop.js';
import { echoDefinition } from './echo-definition.js';

export const CLIENTS = 32;

const WARM_MS = 5_000;

/** An echo server, warmed up. */
export interface Echo {
  /** Sends 256 bytes by 32 clients on one connection for `ms` milliseconds. */
  measure(ms: number): Promise<Measured>;
  close(): void;
}

/** The server runs in its own process, as the exchange does. */
export const openEcho = async (): Promise<Echo> => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-echo-'));
  try {
    const authority = await CertificateAuthorities.open(folder, 'crossroads.test');
    const { ca, certificate, key } = await identityFiles(folder, 'exchange', authority, (issuer) =>
      issuer.issueService('exchange'),
    );
    const server = fork(fileURLToPath(new URL('./echo-server.js', import.meta.url)), [ca, certificate, key]);
    const [port] = (await once(server, 'message')) as unknown[];
    const client = new Client(
      `localhost:${String(port)}`,
      credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(certificate)),
    );
    const body = Buffer.alloc(256, 'x');
    const { path, requestSerialize, responseDeserialize } = echoDefinition;
    const call = () =>
      new Promise<void>((resolve, reject) => {
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, body, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    await closedLoop(CLIENTS, WARM_MS, call);
    return {
      measure: (ms) => closedLoop(CLIENTS, ms, call),
      close: () => {
        client.close();
        server.disconnect();
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
