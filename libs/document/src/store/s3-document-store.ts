import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import {
  DocumentAbsent,
  DocumentStore,
  isDocumentId,
  ofSize,
  requireDocumentId,
  StoreUnavailable,
} from './document-store.js';

export interface S3Options {
  readonly bucket: string;
  /** Absent: that of the region at AWS. */
  readonly endpoint?: string | undefined;
  /** Absent: as the SDK finds it. */
  readonly region?: string | undefined;
}

/** More than the eBox downloads at once, so that slow readers do not keep others waiting for a connection. */
const MAX_CONNECTIONS = 1_000;
const CONNECT_MS = 3_000;
/** Without a byte, in either direction. */
const IDLE_MS = 60_000;

/** Documents as objects of one S3 bucket. The credentials are those that the AWS SDK finds (its environment variables, a role). */
export class S3DocumentStore extends DocumentStore {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor({ bucket, endpoint, region }: S3Options) {
    super();
    this.bucket = bucket;
    this.client = new S3Client({
      ...(region === undefined ? {} : { region }),
      // Servers other than AWS seldom have a host name for each bucket.
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...CONNECTIONS,
      logger: SILENT,
    });
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

/** The SDK would write to the console. Its errors are thrown. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const agent = { keepAlive: true, maxSockets: MAX_CONNECTIONS };

const CONNECTIONS: S3ClientConfig = {
  requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS, httpAgent: agent, httpsAgent: agent },
};
