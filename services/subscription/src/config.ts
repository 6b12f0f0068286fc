import {
  address,
  authorizationSetting,
  busGraceSetting,
  busSettings,
  directorySetting,
  file,
  meshSettings,
  readConfiguration,
  sealingSettings,
  subjectKeySettings,
  text,
} from '@crossroads/configuration';

/** For whoever has to know them without starting it. @public */
export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  ...directorySetting,
  // Its work is on the bus: it takes changes from there, and delivers there. Longer than a broker takes to start again.
  ...busGraceSetting(60_000),
  registryAddress: address('PERSON_REGISTRY_ADDRESS', 'host:port of the person registry, for what it published before'),
  exchangeAddress: address('EXCHANGE_ADDRESS', 'host:port of the exchange, for what it published before'),
  receiptKeyFile: file('RECEIPT_KEY_FILE', 'PEM file with the Ed25519 key that signs receipts'),
  logOrigin: text('ACCESS_LOG_ORIGIN', 'the access log that receipts promise', { default: 'crossroads.test/access' }),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws BadConfiguration */
export const readConfig = (env?: Readonly<Record<string, string | undefined>>) => readConfiguration(settings, env);
