import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import {
  DocumentAbsent,
  DocumentStore,
  isDocumentId,
  ofSize,
  requireDocumentId,
  StoreUnavailable,
} from './document-store.js';
import { type S3Options, s3Client } from './s3-client.js';

/** Documents as objects of one S3 bucket. */
export class S3DocumentStore extends DocumentStore {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor(options: S3Options) {
    super();
    this.bucket = options.bucket;
    this.client = s3Client(options);
  }

  close(): void {
    this.client.destroy();
  }

  override async put(documentId: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    requireDocumentId(documentId);
    let failure: { readonly error: unknown } | undefined;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* ofSize(size, content);
      } catch (error) {
        failure = { error };
        throw error;
      }
    }
    // In parts, one in memory at a time: each has its checksum and is sent again when it is lost, and the object is there once all are.
    // Where one request streams the body, the SDK reads it faster than it sends it if there is a checksum.
    const Body = Readable.from(body(), { objectMode: false });
    const upload = new Upload({ client: this.client, params: { ...this.objectOf(documentId), Body }, queueSize: 1 });
    try {
      await upload.done();
    } catch (error) {
      Body.destroy();
      throw failure ? failure.error : new StoreUnavailable(error);
    }
  }

  override async *read(documentId: string): AsyncGenerator<Uint8Array> {
    if (!isDocumentId(documentId)) throw new DocumentAbsent();
    try {
      const { Body: body } = await this.client.send(new GetObjectCommand(this.objectOf(documentId)));
      // On Node the SDK answers with a stream of Node.
      for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      throw error instanceof NoSuchKey ? new DocumentAbsent({ cause: error }) : new StoreUnavailable(error);
    }
  }

  override async remove(documentId: string): Promise<void> {
    if (!isDocumentId(documentId)) return;
    try {
      await this.client.send(new DeleteObjectCommand(this.objectOf(documentId)));
    } catch (error) {
      throw new StoreUnavailable(error);
    }
  }

  private objectOf(documentId: string) {
    return { Bucket: this.bucket, Key: documentId };
  }
}
