import {
  authorizationSetting,
  busSettings,
  type Configuration,
  file,
  meshSettings,
  sealingSettings,
  subjectKeySettings,
} from '@crossroads/configuration';

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  receiptKeysFile: file('RECEIPT_KEYS_FILE', "JSON file of the exchanges' public receipt keys (PEM) by key id"),
} as const;

export type Config = Configuration<typeof settings>;
