import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The Ed25519 key that signs the receipts of a journal. */
export interface ReceiptKey {
  /** base64url SHA-256 of the public key's SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** Public keys by id, of journals whose receipts are accepted. */
export type ReceiptKeys = ReadonlyMap<string, KeyObject>;

/** @throws when the PEM text is not a PKCS #8 Ed25519 key. */
export const readReceiptKey = (pem: string): ReceiptKey => {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('a receipt key is an Ed25519 key (PKCS #8, PEM)');
  return { keyId: keyIdOf(createPublicKey(privateKey)), privateKey };
};

/** Reads `{ "<key id>": "<PEM public key>" }`. @throws when an id is not that of its key. */
export const readReceiptKeys = (json: string): ReceiptKeys =>
  new Map(
    Object.entries(JSON.parse(json) as Record<string, string>).map(([keyId, pem]) => {
      const key = createPublicKey(pem);
      if (keyIdOf(key) !== keyId) throw new Error(`receipt key ${keyId} is stored under an id that is not its own`);
      return [keyId, key];
    }),
  );

/** A new key: the private part for the journal, the public part for the file that `readReceiptKeys` reads. */
export const newReceiptKey = (): { keyId: string; privatePem: string; publicPem: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
