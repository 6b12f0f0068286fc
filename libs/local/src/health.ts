import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js';
import type { IdentityFiles } from './certificates.js';

const SERVING = 1;

/**
 * Calls `grpc.health.v1.Health/Check` for the whole server, with a deadline of two seconds. Whoever starts processes asks often, and a gRPC
 * client takes much more processor time than a connection: it is made only when something listens.
 */
export const isServing = async (address: string, { ca, certificate, key }: IdentityFiles): Promise<boolean> =>
  (await listens(address)) &&
  check(address, '', credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(certificate)));

/** The same at a HEALTH_PORT without TLS, as a kubelet does. */
export const probe = (port: number, service = ''): Promise<boolean> =>
  check(`127.0.0.1:${port}`, service, credentials.createInsecure());

const listens = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname: host, port } = new URL(`tcp://${address}`);
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });

const check = (address: string, service: string, identity: ChannelCredentials): Promise<boolean> => {
  const client = new Client(address, identity);
  return new Promise<boolean>((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      // HealthCheckRequest.service and HealthCheckResponse.status are both field 1.
      (name: string) => (name === '' ? Buffer.alloc(0) : Buffer.from([0x0a, name.length, ...Buffer.from(name)])),
      (bytes: Buffer) => bytes[0] === 0x08 && bytes[1] === SERVING,
      service,
      { deadline: Date.now() + 2_000 },
      (error, serving) => resolve(error === null && serving === true),
    );
  }).finally(() => client.close());
};
