import { readFileSync } from 'node:fs';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { readReceiptKey, type Salted, signReceipt } from '@crossroads/transparency';
import { Injectable } from '@nestjs/common';
import { ReceiptSettings } from './receipt.settings.js';

/** Signs the promise that an access is recorded. */
@Injectable()
export class ReceiptSigner {
  private readonly key;
  private readonly logOrigin: string;

  constructor({ RECEIPT_KEY_FILE, ACCESS_LOG_ORIGIN }: ReceiptSettings) {
    this.key = readReceiptKey(readFileSync(RECEIPT_KEY_FILE, 'utf8'));
    this.logOrigin = ACCESS_LOG_ORIGIN;
  }

  sign(record: Salted, time: Date): Receipt {
    return signReceipt(record, time, this.logOrigin, this.key);
  }
}
