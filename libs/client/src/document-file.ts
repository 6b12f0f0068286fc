import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { DownloadDocumentResponse, DownloadHeader } from '@crossroads/contracts/ebox/v1/message_service';

/** What came is not the document that was announced. Nothing of it was kept. */
export class BadDocument extends Error {
  override readonly name = 'BadDocument';
}

/**
 * Writes beside the target under a temporary name, and renames it when the stream has ended without an error and length and digest are
 * those of the header.
 * @throws BadDocument, and whatever the stream throws
 */
export const saveDocument = async (
  parts: AsyncIterable<DownloadDocumentResponse>,
  pathOf: (header: DownloadHeader) => string,
): Promise<DownloadHeader> => {
  const reading = parts[Symbol.asyncIterator]();
  try {
    const first = await reading.next();
    if (first.done || first.value.part?.$case !== 'header') throw new BadDocument('the document came without a header');
    const header = first.value.part.value;
    const path = pathOf(header);
    const draft = `${path}.${randomBytes(6).toString('hex')}.part`;
    try {
      await write(draft, chunks(reading), header);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return header;
  } finally {
    await reading.return?.();
  }
};

async function* chunks(reading: AsyncIterator<DownloadDocumentResponse>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await reading.next();
    if (next.done) return;
    const { part } = next.value;
    if (part?.$case !== 'chunk') throw new BadDocument('the document came with a second header');
    yield part.value;
  }
}

const write = async (path: string, content: AsyncIterable<Uint8Array>, header: DownloadHeader): Promise<void> => {
  await using file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0n;
  for await (const chunk of content) {
    size += BigInt(chunk.length);
    if (size > header.size) throw new BadDocument('the document is longer than was announced');
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  if (size < header.size) throw new BadDocument('the document is shorter than was announced');
  if (!hash.digest().equals(header.sha256))
    throw new BadDocument('the document was changed: its digest is another one');
  await file.sync();
};

export interface FileDigest {
  readonly size: bigint;
  readonly sha256: Buffer;
}

/** Length and SHA-256 of a file, as a message names its documents. */
export const digestOf = async (path: string): Promise<FileDigest> => {
  const hash = createHash('sha256');
  let size = 0n;
  for await (const chunk of contentOf(path)) {
    size += BigInt(chunk.length);
    hash.update(chunk);
  }
  return { size, sha256: hash.digest() };
};

const CHUNK_BYTES = 256 * 1024;

/** A file in the chunks that the eBox takes. */
export const contentOf = (path: string): AsyncIterable<Buffer> =>
  createReadStream(path, { highWaterMark: CHUNK_BYTES });
