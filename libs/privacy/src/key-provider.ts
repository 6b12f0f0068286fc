/** A new key for sealing, and the id from which a reader with the same master key derives it again. */
export interface DataKey {
  readonly keyId: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** A named master key in one of its versions. */
export interface NamedSecret {
  readonly kid: string;
  readonly key: Buffer;
}

/**
 * Where keys come from: a file on one machine, a KMS in production. Names are those of their use: a topic
 * (`crossroads.person.v1`), `subject-keys`, `ssin-index`. Every method throws `KeyUnavailable` when a key is not there.
 */
export interface KeyProvider {
  /** A data key that was never given before, so that a counter may be its nonce. */
  newDataKey(name: string, producer: string): Promise<DataKey>;
  /** The data key of an id that `newDataKey` returned, in this or another process. */
  dataKey(keyId: string): Promise<Buffer>;
  /** The current version of a named master. */
  secret(name: string): Promise<Buffer>;
  /** All versions of a named master, the current one first. */
  secrets(name: string): Promise<readonly NamedSecret[]>;
}

/** A key, or the file of keys, is missing or unreadable. The message says which, and never holds key material. */
export class KeyUnavailable extends Error {
  override readonly name = 'KeyUnavailable';
}
