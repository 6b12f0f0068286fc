import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { KeyProvider } from './key-provider.js';

/** With a key object: from bytes, OpenSSL creates one at each call, which takes eight times as long as the HMAC. */
interface Secret {
  readonly kid: string;
  readonly key: KeyObject;
}

/**
 * Finds a person by SSIN without storing the SSIN: `<key id>:<base64url HMAC-SHA-256(ssin)>`. With the key's id in the value an index
 * can be rekeyed while it is used: values are written with the current key, and looked up with all keys.
 */
export class BlindIndex {
  private constructor(private readonly secrets: readonly [Secret, ...Secret[]]) {}

  /** Reads the versions of the key once: a new version is used after the next start. @throws KeyUnavailable */
  static async open(keys: Pick<KeyProvider, 'secrets'>, name: string): Promise<BlindIndex> {
    const secrets = await keys.secrets(name);
    const [current, ...older] = secrets.map(({ kid, key }) => ({ kid, key: createSecretKey(key) }));
    if (!current) throw new TypeError(`key "${name}" has no version`);
    return new BlindIndex([current, ...older]);
  }

  /** The value to write, with the current key. `ssin` is eleven digits, already validated. */
  indexOf(ssin: string): string {
    return index(this.secrets[0], ssin);
  }

  /** The values to look up, with every key, the current one first. */
  indexesOf(ssin: string): string[] {
    return this.secrets.map((secret) => index(secret, ssin));
  }

  /** Whether a stored value was written with an older key, and has to be rewritten. */
  isOutdated(value: string): boolean {
    return !value.startsWith(`${this.secrets[0].kid}:`);
  }
}

const index = ({ kid, key }: Secret, ssin: string): string => {
  // Without the value: the message would hold the number.
  if (!/^\d{11}$/.test(ssin)) throw new TypeError('an SSIN is eleven digits here');
  return `${kid}:${createHmac('sha256', key).update(ssin).digest('base64url')}`;
};
