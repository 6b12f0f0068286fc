import { Readable } from 'node:stream';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type S3Options, s3Client } from './s3-client.js';

/** An archive of the journal (`ArchiveStore` of libs/eventsourcing) as objects of one S3 bucket, under their names. */
export class S3Archive {
  readonly place: string;
  private readonly client;

  constructor(
    private readonly options: S3Options,
    /** What is thrown where there is no such object. */
    private readonly absent: (name: string, options: ErrorOptions) => Error,
  ) {
    this.place = `s3://${options.bucket}`;
    this.client = s3Client(options);
  }

  /** An upload in parts is an object once all of them are there. */
  async put(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const Body = Readable.from(content, { objectMode: false });
    try {
      const params = { Bucket: this.options.bucket, Key: name, Body };
      await new Upload({ client: this.client, params, queueSize: 1 }).done();
    } finally {
      Body.destroy();
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.options.bucket, Key: name }));
      // On Node the SDK answers with a stream of Node.
      for await (const chunk of Body as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      throw error instanceof NoSuchKey ? this.absent(name, { cause: error }) : error;
    }
  }

  close(): void {
    this.client.destroy();
  }
}
