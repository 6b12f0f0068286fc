import { Readable } from 'node:stream';
import type { DownloadDocumentResponse, DownloadHeader } from '@crossroads/contracts/ebox/v1/message_service';
import { describeError } from '@crossroads/grpc';
import { processLog } from '@crossroads/telemetry';
import { StreamableFile } from '@nestjs/common';
import { attachment, safeMediaType } from './content-disposition.rules.js';

/** A stream of a document of which the header came. */
export interface OpenedDocument {
  readonly header: DownloadHeader;
  readonly rest: AsyncIterator<DownloadDocumentResponse>;
}

/** Waits for the header: until then a failure can still be shown as a page. */
export const openDocument = async (parts: AsyncIterable<DownloadDocumentResponse>): Promise<OpenedDocument> => {
  const rest = parts[Symbol.asyncIterator]();
  const first = await rest.next();
  if (first.done || first.value.part?.$case !== 'header') throw new Error('a document came without its header');
  return { header: first.value.part.value, rest };
};

async function* chunksOf(rest: AsyncIterator<DownloadDocumentResponse>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next())
      if (next.value.part?.$case === 'chunk') yield next.value.part.value;
  } finally {
    await rest.return?.();
  }
}

/** It may be neither shown nor run in the name of the portal, nor kept on the way. */
export const DOCUMENT_HEADERS = {
  'x-content-type-options': 'nosniff',
  // Compressed on the way, it would lose its length.
  'cache-control': 'no-store, no-transform',
} as const;

/**
 * The answer to a browser, which takes it as fast as it can. When the stream fails, the connection is cut: with a length that was not
 * reached, the browser shows a failed download and never a whole file.
 */
export const documentFile = ({ header, rest }: OpenedDocument): StreamableFile =>
  new StreamableFile(Readable.from(chunksOf(rest), { objectMode: false }), {
    type: safeMediaType(header.mediaType),
    length: Number(header.size),
    disposition: attachment(header.name),
  }).setErrorLogger((error) => processLog().warn('a document was cut off', describeError(error)));
