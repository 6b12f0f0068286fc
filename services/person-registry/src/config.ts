import {
  authorizationSetting,
  busGraceSetting,
  busSettings,
  type Configuration,
  file,
  meshSettings,
  sealingSettings,
  subjectKeySettings,
} from '@crossroads/configuration';

const MINUTE = 60_000;

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  // Consultations read here: persons are registered and read without the bus, and published when it is back.
  ...busGraceSetting(10 * MINUTE),
  receiptKeysFile: file('RECEIPT_KEYS_FILE', "JSON file of the exchanges' public receipt keys (PEM) by key id"),
} as const;

export type Config = Configuration<typeof settings>;
