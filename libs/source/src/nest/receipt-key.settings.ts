import { readFileSync } from 'node:fs';
import { fileSetting, settingsOf } from '@crossroads/configuration';
import { type ReceiptKeys, readReceiptKeys } from '@crossroads/transparency';

/** Of every authentic source. */
export class ReceiptKeySettings extends settingsOf({
  RECEIPT_KEYS_FILE: fileSetting("JSON file of the exchanges' public receipt keys (PEM) by key id"),
}) {
  /** @throws when the file is not JSON of PEM keys */
  readKeys(): ReceiptKeys {
    return readReceiptKeys(readFileSync(this.RECEIPT_KEYS_FILE, 'utf8'));
  }
}
