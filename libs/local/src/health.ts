import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import type { IdentityFiles } from './certificates.js';

const SERVING = 1;

/** Asks `grpc.health.v1.Health/Check` of the whole server, within two seconds. */
export const isServing = (address: string, { ca, certificate, key }: IdentityFiles): Promise<boolean> => {
  const client = new Client(
    address,
    credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(certificate)),
  );
  return new Promise<boolean>((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      // The request without a service's name is the empty message; the answer holds one field, the status (field 1).
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes[0] === 0x08 && bytes[1] === SERVING,
      {},
      { deadline: Date.now() + 2_000 },
      (error, serving) => resolve(error === null && serving === true),
    );
  }).finally(() => client.close());
};
