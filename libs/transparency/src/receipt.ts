import { type KeyObject, sign, verify } from 'node:crypto';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { LRUCache } from 'lru-cache';
import { commitmentTo, type Salted } from './commitment.js';
import { leafHash, merkleTree, rootFromPath } from './merkle-tree.js';
import type { ReceiptKey, ReceiptKeys, ReceiptUse } from './receipt-key.js';

/** A release for which a receipt is asked. */
export interface Receiptable {
  readonly ask: Salted;
  readonly behind: Salted;
  /** Whole seconds. */
  readonly time: Date;
}

/** Afterwards no party answers for a receipt. */
const EXPIRES_MS = 60_000;
/** By then the release stands in the access log; usually within ten seconds. */
const LOGGED_BY_MS = 86_400_000;

const EMPTY = Buffer.alloc(0);

/** Prefix of what is signed for a batch: nothing else that the key signs begins with it. */
const BATCH = Buffer.from('crossroads/receipts/v3\n', 'ascii');

/**
 * Signed promises that releases are recorded, in the given order, all to one party. They share one signature, and each can be verified
 * without the others.
 */
export const signReceipts = (batch: readonly Receiptable[], logOrigin: string, key: ReceiptKey): Receipt[] => {
  if (batch.length === 0) return [];
  const unsigned = batch.map(
    ({ ask, behind, time }, batchIndex): Receipt => ({
      receiptVersion: 3,
      askCommitment: commitmentTo('ask', ask),
      behindCommitment: commitmentTo('behind', behind),
      time,
      expireTime: new Date(time.getTime() + EXPIRES_MS),
      loggedByTime: new Date(time.getTime() + LOGGED_BY_MS),
      sealedMonth: '',
      logOrigin,
      keyId: key.keyId,
      signature: EMPTY,
      batchIndex,
      batchSize: batch.length,
      batchPath: [],
    }),
  );
  const tree = merkleTree(unsigned.map((receipt) => leafHash(encoded(receipt))));
  const signature = sign(null, Buffer.concat([BATCH, tree.root]), key.privateKey);
  return unsigned.map((receipt, index) => ({ ...receipt, signature, batchPath: tree.pathOf(index) }));
};

/** A receipt that is alone in its batch. */
export const signReceipt = (release: Receiptable, logOrigin: string, key: ReceiptKey): Receipt => {
  const [receipt] = signReceipts([release], logOrigin, key);
  if (receipt === undefined) throw new TypeError('a batch of one gave no receipt');
  return receipt;
};

/** Of a mesh whose settings name no other access log. */
export const DEFAULT_LOG_ORIGIN = 'crossroads.test/access';

/** What a receipt has to be, for whoever looks at it. */
export interface ExpectedReceipt {
  readonly use: ReceiptUse;
  /** The access log that it must promise. */
  readonly origin: string;
  /** How far its time may be from `now`, in milliseconds, either way: clocks differ. Absent: any age, for one who looks later. */
  readonly maxAgeMs?: number;
  /** One made before this is refused. */
  readonly notBefore?: Date;
}

export type ReceiptFault =
  | 'RECEIPT_MISSING'
  | 'RECEIPT_VERSION'
  | 'RECEIPT_KEY_UNKNOWN'
  | 'RECEIPT_OF_OTHER_USE'
  | 'RECEIPT_SIGNATURE'
  | 'RECEIPT_OF_OTHER_ORIGIN'
  | 'RECEIPT_BEFORE_START'
  | 'RECEIPT_EXPIRED'
  | 'RECEIPT_TOO_OLD'
  | 'RECEIPT_IN_FUTURE';

export type VerifyReceipt = (
  receipt: Receipt | undefined,
  expected: ExpectedReceipt,
  now?: Date,
) => ReceiptFault | undefined;

/** Verifies receipts against keys: why one is invalid, or nothing when it is valid. Never throws. */
export const receiptVerifier =
  (keys: ReceiptKeys): VerifyReceipt =>
  (receipt, expected, now) =>
    faultOf(receipt, keys, isSigned, expected, now);

/** Signatures that are cached by default: about 150 kB, and some seconds of a busy exchange. */
const CACHED_SIGNATURES = 512;

/**
 * Like `receiptVerifier`, for a source that sees many receipts of the same batches: the signature of a batch is verified once. Only the fact
 * that a key made a signature over a root is cached; the path of each receipt is always followed.
 */
export const cachingReceiptVerifier = (keys: ReceiptKeys, cached = CACHED_SIGNATURES): VerifyReceipt => {
  /** Valid signatures, with the bytes they are over and their key. */
  const valid = new LRUCache<string, { readonly what: string; readonly key: KeyObject }>({ max: cached });
  const isSignedAsBefore: IsSigned = (bytes, key, signature) => {
    // As text: a cached Buffer would retain the whole message that it is a slice of.
    const [name, what] = [signature.toString('latin1'), bytes.toString('latin1')];
    const known = valid.get(name);
    if (known?.key === key && known.what === what) return true;
    if (!isSigned(bytes, key, signature)) return false;
    valid.set(name, { what, key });
    return true;
  };
  return (receipt, expected, now) => faultOf(receipt, keys, isSignedAsBefore, expected, now);
};

type IsSigned = (bytes: Buffer, key: KeyObject, signature: Buffer) => boolean;

const isSigned: IsSigned = (bytes, key, signature) => verify(null, bytes, key, signature);

const faultOf = (
  receipt: Receipt | undefined,
  keys: ReceiptKeys,
  isSignedBy: IsSigned,
  expected: ExpectedReceipt,
  now = new Date(),
): ReceiptFault | undefined => {
  if (receipt === undefined) return 'RECEIPT_MISSING';
  if (receipt.receiptVersion !== 3) return 'RECEIPT_VERSION';
  const registered = keys.get(receipt.keyId);
  if (registered === undefined) return 'RECEIPT_KEY_UNKNOWN';
  if (registered.use !== expected.use) return 'RECEIPT_OF_OTHER_USE';
  if (!hasSignature(receipt, registered.key, isSignedBy)) return 'RECEIPT_SIGNATURE';
  if (receipt.logOrigin !== expected.origin) return 'RECEIPT_OF_OTHER_ORIGIN';
  return faultOfTime(receipt, expected, now.getTime());
};

const faultOfTime = (
  { time: made, expireTime }: Receipt,
  { maxAgeMs = Number.POSITIVE_INFINITY, notBefore }: ExpectedReceipt,
  now: number,
): ReceiptFault | undefined => {
  const time = made?.getTime() ?? Number.NEGATIVE_INFINITY;
  if (now - time > maxAgeMs) return 'RECEIPT_TOO_OLD';
  if (time - now > maxAgeMs) return 'RECEIPT_IN_FUTURE';
  // Who looks later at a receipt does not answer for it.
  if (maxAgeMs !== Number.POSITIVE_INFINITY && now > (expireTime?.getTime() ?? Number.NEGATIVE_INFINITY))
    return 'RECEIPT_EXPIRED';
  return notBefore !== undefined && time < notBefore.getTime() ? 'RECEIPT_BEFORE_START' : undefined;
};

const hasSignature = (receipt: Receipt, key: KeyObject, isSignedBy: IsSigned): boolean => {
  try {
    const bytes = signedBytes(receipt);
    return bytes !== undefined && isSignedBy(bytes, key, receipt.signature);
  } catch {
    // A receipt that cannot be encoded (its time is out of range) was never signed.
    return false;
  }
};

/** The bytes that the signature of a receipt is over; nothing when its path leads to no root. */
const signedBytes = (receipt: Receipt): Buffer | undefined => {
  const { batchIndex, batchSize, batchPath } = receipt;
  const leaf = leafHash(encoded({ ...receipt, signature: EMPTY, batchPath: [] }));
  const root = rootFromPath(leaf, batchIndex, batchSize, batchPath);
  return root && Buffer.concat([BATCH, root]);
};

/** The generated codec writes fields in the order of their numbers, which is deterministic for this message. */
const encoded = (receipt: Receipt): Uint8Array => Receipt.encode(receipt).finish();
