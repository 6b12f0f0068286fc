import { readFileSync } from 'node:fs';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { Batcher } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import type { Salted } from '../commitment.js';
import { type Receiptable, signReceipts } from '../receipt.js';
import { readReceiptKey } from '../receipt-key.js';
import { ReceiptSettings } from './receipt.settings.js';

/** A receipt then has at most eight hashes above its leaf, which bounds what its verification costs. */
const MAX_BATCH_SIZE = 256;

/** Signs receipts. Those of the same turn of the event loop share one signature, which sources and document providers also verify only once. */
@Injectable()
export class ReceiptSigner {
  private readonly batcher: Batcher<Receiptable, Receipt>;

  constructor({ RECEIPT_KEY_FILE, ACCESS_LOG_ORIGIN }: ReceiptSettings) {
    const key = readReceiptKey(readFileSync(RECEIPT_KEY_FILE, 'utf8'));
    this.batcher = new Batcher(async (batch) => signReceipts(batch, ACCESS_LOG_ORIGIN, key), {
      maxBatchSize: MAX_BATCH_SIZE,
    });
  }

  sign(record: Salted, time: Date): Promise<Receipt> {
    return this.batcher.load({ record, time });
  }
}
