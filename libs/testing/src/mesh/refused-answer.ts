import { readFileSync } from 'node:fs';
import type { TlsFiles } from '@crossroads/grpc';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

interface Rpc<Request> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/**
 * Calls without our client, and returns all that a refusal is made of: status, message, and each trailer to the byte. UUIDs, such as
 * tickets, are random: of each only the place remains. The date is the server's clock, and left out.
 */
export class PlainCaller {
  private readonly client: Client;

  constructor(port: number, { ca, key, cert }: TlsFiles) {
    const [root, privateKey, chain] = [ca, key, cert].map((file) => readFileSync(file));
    this.client = new Client(`localhost:${port}`, credentials.createSsl(root, privateKey, chain));
  }

  refused<Request>({ path, requestSerialize }: Rpc<Request>, request: Request): Promise<string> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null) =>
        error ? resolve(everythingIn(error)) : reject(new Error('the call was answered'));
      this.client.makeUnaryRequest(path, requestSerialize, (bytes) => bytes, request, new Metadata(), done);
    });
  }

  close(): void {
    this.client.close();
  }
}

const everythingIn = ({ code, details, metadata }: ServiceError): string => {
  metadata.remove('date');
  const trailers = Object.entries(metadata.toJSON()).map(([name, values]) => [
    name,
    values.map((value) => (typeof value === 'string' ? value : value.toString('latin1'))),
  ]);
  return JSON.stringify([code, details, trailers]).replace(UUID, 'a UUID');
};
