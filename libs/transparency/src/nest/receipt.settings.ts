import { fileSetting, settingsOf, textSetting } from '@crossroads/configuration';

export class ReceiptSettings extends settingsOf({
  RECEIPT_KEY_FILE: fileSetting('PEM file with the Ed25519 key that signs receipts'),
  ACCESS_LOG_ORIGIN: textSetting('the access log that receipts promise').default('crossroads.test/access'),
}) {}
