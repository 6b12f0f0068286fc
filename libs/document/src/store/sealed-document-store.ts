import { createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto';
import { associatedData, counterNonce, type KeyProvider, Unsealable } from '@crossroads/privacy';
import { DocumentStore } from './document-store.js';

/** Name of the master key. */
const KEY_NAME = 'documents';
const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const LENGTH_AT = 1;
const KEY_ID_AT = 3;
const TAG_BYTES = 16;
/** A data key is for one document, so that there is one nonce. */
const NONCE = counterNonce(0);

/**
 * Seals documents with AES-256-GCM, each with a data key of its own, before another store keeps them. Stored are one byte of version,
 * two of the length of the key's id, that id, the ciphertext, and 16 bytes of tag.
 *
 * The tag is known at the end: what was read before may be used only once the content has ended without an error, or where it is
 * checked otherwise.
 */
export class SealedDocumentStore extends DocumentStore {
  constructor(
    private readonly store: DocumentStore,
    private readonly keys: KeyProvider,
    /** Name of the sealing service; part of each key id. */
    private readonly producer: string,
  ) {
    super();
  }

  /** @throws KeyUnavailable */
  override async put(documentId: string, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { keyId, key } = await this.keys.newDataKey(KEY_NAME, this.producer);
    const header = headerOf(keyId);
    const stored = seal(key, header, documentId, content);
    await this.store.put(documentId, header.length + size + TAG_BYTES, stored);
  }

  /** Also @throws Unsealable when what is stored was changed, and KeyUnavailable. */
  override async *read(documentId: string): AsyncGenerator<Uint8Array> {
    let decipher: DecipherGCM | undefined;
    // Not deciphered yet: a part of the header, then what may be the tag.
    let held: Uint8Array = Buffer.alloc(0);
    for await (const chunk of this.store.read(documentId)) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (decipher === undefined) {
        const keyId = keyIdOf(held);
        if (keyId === undefined) continue;
        decipher = createDecipheriv(CIPHER, await this.keys.dataKey(keyId), NONCE);
        const header = headerOf(keyId);
        decipher.setAAD(associatedDataOf(header, documentId));
        held = held.subarray(header.length);
      }
      const sealed = held.subarray(0, Math.max(0, held.length - TAG_BYTES));
      held = held.subarray(sealed.length);
      if (sealed.length > 0) yield decipher.update(sealed);
    }
    if (decipher === undefined || held.length !== TAG_BYTES) throw new Unsealable('not a sealed document');
    decipher.setAuthTag(held);
    try {
      decipher.final();
    } catch {
      throw new Unsealable('the sealed document was changed, or belongs to another id');
    }
  }

  override remove(documentId: string): Promise<void> {
    return this.store.remove(documentId);
  }
}

async function* seal(
  key: Buffer,
  header: Buffer,
  documentId: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const cipher = createCipheriv(CIPHER, key, NONCE);
  cipher.setAAD(associatedDataOf(header, documentId));
  yield header;
  for await (const chunk of content) if (chunk.length > 0) yield cipher.update(chunk);
  cipher.final();
  yield cipher.getAuthTag();
}

const associatedDataOf = (header: Buffer, documentId: string): Buffer =>
  Buffer.concat([header, associatedData(documentId)]);

const headerOf = (keyId: string): Buffer => {
  const header = Buffer.alloc(KEY_ID_AT + Buffer.byteLength(keyId));
  header[0] = VERSION;
  header.writeUInt16BE(header.length - KEY_ID_AT, LENGTH_AT);
  header.write(keyId, KEY_ID_AT);
  return header;
};

/** Nothing while the header is not complete. @throws Unsealable */
const keyIdOf = (bytes: Uint8Array): string | undefined => {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (header.length < KEY_ID_AT) return undefined;
  if (header[0] !== VERSION) throw new Unsealable('not a sealed document of version 1');
  const end = KEY_ID_AT + header.readUInt16BE(LENGTH_AT);
  if (header.length < end) return undefined;
  const keyId = header.toString('utf8', KEY_ID_AT, end);
  if (!keyId.startsWith(`${KEY_NAME}.`)) throw new Unsealable('sealed with a key of another use');
  return keyId;
};
