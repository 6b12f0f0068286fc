import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CertificateAuthority, identityFiles } from '@crossroads/local';
import { Client, credentials } from '@grpc/grpc-js';
import { closedLoop, type Measured } from './closed-loop.js';
import { echoDefinition } from './echo-definition.js';

export const CLIENTS = 32;

/** A bare echo of 256 bytes by 32 clients on one connection, the server in a process of its own, as an exchange is. */
export const measureEcho = async (ms: number): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-echo-'));
  const authority = await CertificateAuthority.open(folder, 'crossroads.test');
  const { ca, certificate, key } = await identityFiles(folder, 'exchange', authority, (issuer) =>
    issuer.issueService('exchange'),
  );
  const server = fork(fileURLToPath(new URL('./echo-server.js', import.meta.url)), [ca, certificate, key]);
  try {
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
    await closedLoop(CLIENTS, 1_000, call);
    const measured = await closedLoop(CLIENTS, ms, call);
    client.close();
    return measured;
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
};
