import {
  authorizationSetting,
  busGraceSetting,
  busSettings,
  directorySetting,
  file,
  meshSettings,
  messageLimit,
  readConfiguration,
  sealingSettings,
  subjectKeySettings,
  text,
} from '@crossroads/configuration';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** For whoever has to know them without starting it. @public */
export const settings = {
  ...meshSettings,
  // One person's consultation or change; what is longer is no such thing.
  ...messageLimit(MIB),
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  ...directorySetting,
  // Consultations need no bus: the journal is durable without it, and is published when it is back. But who looked must not
  // stay unknown to the citizen for long.
  ...busGraceSetting(10 * MINUTE),
  receiptKeyFile: file('RECEIPT_KEY_FILE', 'PEM file with the Ed25519 key that signs receipts'),
  logOrigin: text('ACCESS_LOG_ORIGIN', 'the access log that receipts promise', { default: 'crossroads.test/access' }),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws BadConfiguration */
export const readConfig = (env?: Readonly<Record<string, string | undefined>>) => readConfiguration(settings, env);
