import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const MAX_WORDS = 64;

/** The words of texts: lower case, without accents, letters and digits only. */
export const wordsOf = (...texts: readonly string[]): string[] => [
  ...new Set(
    texts.flatMap(
      (text) =>
        text
          .normalize('NFKD')
          .replace(/\p{M}/gu, '')
          .toLowerCase()
          .match(/[\p{L}\p{N}]+/gu) ?? [],
    ),
  ),
];

/**
 * Keyed hashes of words, so that subjects can be searched while they are sealed. The hashes of a word differ from owner to owner:
 * the index does not tell who got the same mail.
 */
export class SubjectWords {
  /** A key object: from bytes, one is created for each hash, which takes several times as long as the hash. */
  private readonly secret: KeyObject;

  constructor(secret: Buffer) {
    this.secret = createSecretKey(secret);
  }

  /** Of at most 64 different words, as signed 64-bit integers. */
  hashesOf(ownerId: string, texts: readonly string[]): bigint[] {
    return wordsOf(...texts)
      .slice(0, MAX_WORDS)
      .map((word) => createHmac('sha256', this.secret).update(`${ownerId}\n${word}`).digest().readBigInt64BE(0));
  }
}
