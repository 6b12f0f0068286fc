import { createHash } from 'node:crypto';
import type { UploadDocumentRequest } from '@crossroads/contracts/ebox/v1/publication_service';
import { fields, InvalidInput, parseRequest } from '@crossroads/grpc';
import { documentSha256, documentSize, mediaType } from './document.reader.js';

const MAX_CHUNK_BYTES = 256 * 1024;

const uploadHeader = fields.message({
  header: fields.message(
    {
      sender: fields.optional(fields.enterpriseNumber),
      mediaType,
      size: documentSize,
      sha256: documentSha256,
    },
    'a header, as the first message',
  ),
});

/** @throws InvalidInput naming every field that is wrong */
export const readUploadHeader = (first: UploadDocumentRequest | undefined) =>
  parseRequest(uploadHeader, { header: first?.part?.$case === 'header' ? first.part.value : undefined }).header;

type UploadHeader = ReturnType<typeof readUploadHeader>;

const refused = (field: string, reason: string, description: string): InvalidInput =>
  new InvalidInput({ field, reason, description });

/** The content that follows a header. @throws InvalidInput when it is not what the header says, at the first byte too many */
export async function* uploadedContent(
  { size, sha256 }: UploadHeader,
  parts: AsyncIterable<UploadDocumentRequest>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const { part } of parts) {
    if (part?.$case !== 'chunk') throw refused('chunk', 'REQUIRED', 'needed: content in each message after the first');
    const { value: chunk } = part;
    if (chunk.length > MAX_CHUNK_BYTES) throw refused('chunk', 'TOO_LONG', 'at most 256 KiB of content in a message');
    length += chunk.length;
    if (length > size) throw refused('header.size', 'WRONG_SIZE', 'more content came than the header says');
    hash.update(chunk);
    yield chunk;
  }
  if (length < size)
    throw refused('header.size', 'WRONG_SIZE', 'less content came than the header says; send all of it');
  if (hash.digest('base64') !== sha256)
    throw refused('header.sha256', 'WRONG_DIGEST', 'the content that came has another SHA-256; send it again');
}
