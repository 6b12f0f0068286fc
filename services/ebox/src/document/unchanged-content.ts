import { createHash } from 'node:crypto';
import type { DocumentContent } from '../message/message-content.js';
import { documentChanged } from './document-failures.js';

/**
 * The same content, without empty parts, if it has the length and the digest that were published. The last part is held back until both
 * are right, so that nobody gets the whole of another file.
 * @throws DataLoss `DOCUMENT_CHANGED`
 */
export async function* unchanged(
  { size, sha256 }: Pick<DocumentContent, 'size' | 'sha256'>,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  let held: Uint8Array | undefined;
  for await (const part of content) {
    if (part.length === 0) continue;
    length += part.length;
    if (length > size) throw documentChanged('it is longer');
    hash.update(part);
    if (held !== undefined) yield held;
    held = part;
  }
  if (length < size) throw documentChanged('it is shorter');
  if (hash.digest('base64') !== sha256) throw documentChanged('its content has another digest');
  if (held !== undefined) yield held;
}
