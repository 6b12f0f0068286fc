import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyProvider } from './key-provider.js';

/** A key object: from bytes OpenSSL would make one at each index, which takes eight times as long as the HMAC. */
interface Secret {
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * Finds a person by SSIN without keeping the SSIN: `<key id>:<base64url HMAC-SHA-256(ssin)>`. The key's id in the value
 * lets an index be rekeyed while it is used: write under the current key, look up under all.
 */
export class BlindIndex {
  private constructor(private readonly secrets: readonly [Secret, ...Secret[]]) {}

  /** Reads the key's versions once; a new version is seen at the next start. @throws KeyUnavailable */
  static async open(keys: Pick<KeyProvider, 'secrets'>, name: string): Promise<BlindIndex> {
    const secrets = await keys.secrets(name);
    const [current, ...older] = secrets.map(({ kid, key }) => ({ kid, key: createSecretKey(key) }));
    if (!current) throw new TypeError(`key "${name}" has no version`);
    return new BlindIndex([current, ...older]);
  }

  /** Under the current key: what is written. `ssin` is its eleven digits, already checked. */
  indexOf(ssin: string): string {
    return index(this.secrets[0], ssin);
  }

  /** Under every key, the current one first: what is looked up. */
  indexesOf(ssin: string): string[] {
    return this.secrets.map((secret) => index(secret, ssin));
  }

  /** Whether a stored value is of an older key, and is to be written anew. */
  isOutdated(value: string): boolean {
    return !value.startsWith(`${this.secrets[0].kid}:`);
  }
}

const index = ({ kid, key }: Secret, ssin: string): string => {
  // The message is not shown: it would hold the number.
  if (!/^\d{11}$/.test(ssin)) throw new TypeError('an SSIN is eleven digits here');
  return `${kid}:${createHmac('sha256', key).update(ssin).digest('base64url')}`;
};
