import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The Ed25519 key that signs the receipts of a journal. */
export interface ReceiptKey {
  /** base64url SHA-256 of the public key's SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** What a receipt is for: the answer of a source to the exchange, a delivery to a subscriber, or the opening of a document. */
export const RECEIPT_USES = ['consultation', 'delivery', 'opening'] as const;
export type ReceiptUse = (typeof RECEIPT_USES)[number];

/** A public key, and the one use for which its signatures count: who steals one key signs for no other use. */
export interface RegisteredReceiptKey {
  readonly use: ReceiptUse;
  readonly key: KeyObject;
}

/** Public keys by id, of journals whose receipts are accepted. */
export type ReceiptKeys = ReadonlyMap<string, RegisteredReceiptKey>;

/** @throws when the PEM text is not a PKCS #8 Ed25519 key. */
export const readReceiptKey = (pem: string): ReceiptKey => {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('a receipt key is an Ed25519 key (PKCS #8, PEM)');
  return { keyId: keyIdOf(createPublicKey(privateKey)), privateKey };
};

/** The file of public keys: `{ "<key id>": { "use": "consultation", "publicKey": "<PEM>" } }`. */
export type ReceiptKeyFile = Readonly<Record<string, { readonly use: ReceiptUse; readonly publicKey: string }>>;

/** Reads a `ReceiptKeyFile`. @throws when an id is not that of its key, or a use is none of `RECEIPT_USES` */
export const readReceiptKeys = (json: string): ReceiptKeys =>
  new Map(
    Object.entries(JSON.parse(json) as ReceiptKeyFile).map(([keyId, { use, publicKey }]) => {
      if (!RECEIPT_USES.includes(use))
        throw new Error(`receipt key ${keyId} has no use: give "use" as one of ${RECEIPT_USES.join(', ')}`);
      const key = createPublicKey(publicKey);
      if (keyIdOf(key) !== keyId) throw new Error(`receipt key ${keyId} is stored under an id that is not its own`);
      return [keyId, { use, key }];
    }),
  );

/** A new key: the private part for the journal, the published part for the file that `readReceiptKeys` reads. */
export const newReceiptKey = (use: ReceiptUse): { keyId: string; privatePem: string; published: ReceiptKeyFile } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = keyIdOf(publicKey);
  return {
    keyId,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    published: { [keyId]: { use, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() } },
  };
};

const keyIdOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
