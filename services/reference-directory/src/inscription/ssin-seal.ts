import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv, hkdfSync } from 'node:crypto';
import type { NamedSecret } from '@crossroads/privacy';

/**
 * Encrypts SSINs, so that an institution gets its own back when it lists its inscriptions: a blind index cannot be reversed. One
 * AES-256 block a person (16 bytes, where an envelope takes 40): the number in 5 bytes, then 11 bytes of the personId. A block cipher
 * on distinct blocks with redundancy both hides and authenticates them (encode-then-encipher, Bellare and Rogaway 2000). Whoever
 * steals the key as well could find all numbers by the blind index anyway. Erasing a person empties the column.
 */
export class SsinSeal {
  // Reused: blocks do not depend on each other, and creating a cipher takes twenty times as long as using it.
  private readonly cipher: Cipheriv;
  private readonly deciphers: readonly Decipheriv[];

  /** @param secrets All versions of the key, the current one first */
  constructor(secrets: readonly NamedSecret[]) {
    const keys = secrets.map(({ key }) => derive(key));
    const [current] = keys;
    if (!current) throw new TypeError('sealing needs a key');
    this.cipher = createCipheriv(ONE_BLOCK, current, null).setAutoPadding(false);
    this.deciphers = keys.map((key) => createDecipheriv(ONE_BLOCK, key, null).setAutoPadding(false));
  }

  seal(personId: string, ssin: string): Buffer {
    const block = Buffer.alloc(16);
    block.writeUIntBE(Number(ssin), 0, 5);
    redundancy(personId).copy(block, 5);
    return this.cipher.update(block);
  }

  /** Undefined when it is of another person or of a removed key, or not sealed at all. */
  open(personId: string, sealed: Uint8Array): string | undefined {
    if (sealed.length !== 16) return undefined;
    for (const decipher of this.deciphers) {
      const block = decipher.update(sealed);
      if (block.subarray(5).equals(redundancy(personId))) return String(block.readUIntBE(0, 5)).padStart(11, '0');
    }
    return undefined;
  }
}

const ONE_BLOCK = 'aes-256-ecb';

const derive = (secret: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', 'crossroads reference-directory ssin v1', 32));

const redundancy = (personId: string): Buffer => Buffer.from(personId.replaceAll('-', ''), 'hex').subarray(0, 11);
