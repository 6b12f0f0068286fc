import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { coalesced } from '@crossroads/eventsourcing';
import { type Receiptable, type ReceiptKey, signReceipts } from '@crossroads/transparency';

export type ReceiptSigner = (access: Receiptable) => Promise<Receipt>;

/** Eight hashes above the leaf at most: what a signature costs its readers is bounded. */
const MAX_BATCH_SIZE = 256;

/** One signature for all receipts that are asked for in the same turn of the event loop. */
export const receiptSigner = (key: ReceiptKey, logOrigin: string): ReceiptSigner =>
  coalesced(async (batch: readonly Receiptable[]) => signReceipts(batch, logOrigin, key), { most: MAX_BATCH_SIZE });
