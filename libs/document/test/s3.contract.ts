import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3Archive, S3DocumentStore } from '@crossroads/document/s3';
import { StoreUnavailable } from '@crossroads/document/store';
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

    it('keeps the files of an archive under their names, whole or not at all', async () => {
      const { bucket, endpoint } = server;
      const archive = new S3Archive({ bucket, endpoint, region: 'us-east-1' }, (name) => new RangeError(name));
      const chunks = Array.from({ length: 100 }, () => randomBytes(64 * 1024));
      const name = `exchange-${randomUUID()}-202609.ndjson.gz`;
      await archive.put(name, Readable.from(chunks));
      expect(await contentOf(archive.read(name))).toEqual(Buffer.concat(chunks));
      const broken = async function* () {
        yield* chunks;
        throw new TypeError('killed');
      };
      await expect(archive.put('broken', broken())).rejects.toThrow('killed');
      await expect(contentOf(archive.read('broken'))).rejects.toThrow(RangeError);
      archive.close();
    });

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

const contentOf = async (read: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of read) chunks.push(chunk);
  return Buffer.concat(chunks);
};
