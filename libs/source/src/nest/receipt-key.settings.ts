import { readFileSync } from 'node:fs';
import { fileSetting, settingsOf } from '@crossroads/configuration';
import { type AcceptedReceipts, readReceiptKeys } from '@crossroads/transparency';
import { accessLogOrigin } from '@crossroads/transparency/nest';

/** Of every authentic source. */
export class ReceiptKeySettings extends settingsOf({
  RECEIPT_KEYS_FILE: fileSetting('JSON file of public receipt keys (PEM) by key id, each with its use'),
  ACCESS_LOG_ORIGIN: accessLogOrigin,
}) {
  /** @throws when the file is not JSON of PEM keys with their uses */
  accepted(): AcceptedReceipts {
    return { keys: readReceiptKeys(readFileSync(this.RECEIPT_KEYS_FILE, 'utf8')), origin: this.ACCESS_LOG_ORIGIN };
  }
}
