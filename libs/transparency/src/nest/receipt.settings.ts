import { fileSetting, settingsOf, textSetting } from '@crossroads/configuration';
import { DEFAULT_LOG_ORIGIN } from '../receipt.js';

export const accessLogOrigin = textSetting('the access log that receipts promise').default(DEFAULT_LOG_ORIGIN);

export class ReceiptSettings extends settingsOf({
  RECEIPT_KEY_FILE: fileSetting('PEM file with the Ed25519 key that signs receipts'),
  ACCESS_LOG_ORIGIN: accessLogOrigin,
}) {}
