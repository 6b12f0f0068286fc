import {
  authorizationSetting,
  busSettings,
  directorySetting,
  file,
  meshSettings,
  readConfiguration,
  sealingSettings,
  subjectKeySettings,
  text,
} from '@crossroads/configuration';

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  ...directorySetting,
  receiptKeyFile: file('RECEIPT_KEY_FILE', 'PEM file with the Ed25519 key that signs receipts'),
  logOrigin: text('ACCESS_LOG_ORIGIN', 'the access log that receipts promise', { default: 'crossroads.test/access' }),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws BadConfiguration */
export const readConfig = (env?: Readonly<Record<string, string | undefined>>) => readConfiguration(settings, env);
