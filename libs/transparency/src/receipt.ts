import { sign, verify } from 'node:crypto';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { commitmentTo, type Salted } from './commitment.js';
import type { ReceiptKey, ReceiptKeys } from './receipt-key.js';

/** The signed promise that an access is recorded. The label stays empty until the access log is verifiable. */
export const signReceipt = (record: Salted, time: Date, logOrigin: string, key: ReceiptKey): Receipt => {
  const unsigned: Receipt = {
    receiptVersion: 1,
    label: Buffer.alloc(0),
    commitment: commitmentTo(record),
    time,
    logOrigin,
    keyId: key.keyId,
    signature: Buffer.alloc(0),
  };
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), key.privateKey) };
};

export type ReceiptFault = 'RECEIPT_MISSING' | 'RECEIPT_VERSION' | 'RECEIPT_KEY_UNKNOWN' | 'RECEIPT_SIGNATURE';

/** Why a receipt is not to be believed; nothing when it is. */
export const receiptFault = (receipt: Receipt | undefined, keys: ReceiptKeys): ReceiptFault | undefined => {
  if (receipt === undefined) return 'RECEIPT_MISSING';
  if (receipt.receiptVersion !== 1) return 'RECEIPT_VERSION';
  const key = keys.get(receipt.keyId);
  if (key === undefined) return 'RECEIPT_KEY_UNKNOWN';
  const unsigned = { ...receipt, signature: Buffer.alloc(0) };
  return verify(null, signedBytes(unsigned), key, receipt.signature) ? undefined : 'RECEIPT_SIGNATURE';
};

/** Fields in order of their numbers, as the generated codec writes them: deterministic for this message. */
const signedBytes = (unsigned: Receipt): Uint8Array => Receipt.encode(unsigned).finish();
