import { randomUUID } from 'node:crypto';
import { S3DocumentStore, StoreUnavailable } from '@crossroads/document/store';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documentStoreContract } from './document-store.contract.js';
import { S3Server, type S3Program } from './versitygw.js';

/** The contract on a real S3 server, or why it is skipped. */
export const onS3 = (program: S3Program): void => {
  if ('why' in program) {
    process.stderr.write(`SKIPPED: documents in S3: ${program.why}\n`);
    it.todo(`documents in S3: ${program.why}`);
    return;
  }
  describe('in S3', () => {
    let server: S3Server;
    const stores: S3DocumentStore[] = [];

    beforeAll(async () => {
      server = await S3Server.start(program.path);
    });
    afterAll(async () => {
      for (const store of stores) store.close();
      await server.stop();
    });

    const open = (bucket = server.bucket, endpoint = server.endpoint): S3DocumentStore => {
      const store = new S3DocumentStore({ bucket, endpoint, region: 'us-east-1' });
      stores.push(store);
      return store;
    };

    documentStoreContract('documents as objects', async () => open());
    it.each([
      ['the bucket does not exist', () => open('elsewhere')],
      ['the server does not answer', () => open('documents', 'http://127.0.0.1:9')],
    ])('is an outage when %s', async (_, store) => {
      const id = randomUUID();
      await expect(store().read(id)[Symbol.asyncIterator]().next()).rejects.toThrow(StoreUnavailable);
      await expect(store().remove(id)).rejects.toThrow(StoreUnavailable);
    });
  });
};
