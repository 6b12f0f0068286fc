import { readFileSync } from 'node:fs';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { Batcher } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { signReceipts } from '../receipt.js';
import { type ReceiptKey, readReceiptKey } from '../receipt-key.js';
import type { BegunRelease } from '../release.js';
import { ReceiptSettings } from './receipt.settings.js';

/** A receipt then has at most eight hashes above its leaf, which bounds what its verification costs. */
const MAX_BATCH_SIZE = 256;

/** Parties of some minutes; one that is dropped gets a new batch. */
const MAX_PARTIES = 1_000;

/**
 * Signs receipts. Those of the same turn of the event loop and for the same party share one signature, which the party verifies only once.
 * Two parties' receipts share nothing, so that they cannot be compared.
 */
@Injectable()
export class ReceiptSigner {
  private readonly key: ReceiptKey;
  private readonly origin: string;
  private readonly batchers = new LRUCache<string, Batcher<BegunRelease, Receipt>>({ max: MAX_PARTIES });

  constructor({ RECEIPT_KEY_FILE, ACCESS_LOG_ORIGIN }: ReceiptSettings) {
    this.key = readReceiptKey(readFileSync(RECEIPT_KEY_FILE, 'utf8'));
    this.origin = ACCESS_LOG_ORIGIN;
  }

  sign(release: BegunRelease): Promise<Receipt> {
    return this.batcherOf(release.party).load(release);
  }

  private batcherOf(party: string): Batcher<BegunRelease, Receipt> {
    const known = this.batchers.get(party);
    if (known) return known;
    const batcher = new Batcher<BegunRelease, Receipt>(async (batch) => signReceipts(batch, this.origin, this.key), {
      maxBatchSize: MAX_BATCH_SIZE,
    });
    this.batchers.set(party, batcher);
    return batcher;
  }
}
