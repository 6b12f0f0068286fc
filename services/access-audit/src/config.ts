import {
  address,
  authorizationSetting,
  busSettings,
  directorySetting,
  meshSettings,
  readConfiguration,
  sealingSettings,
  subjectKeySettings,
} from '@crossroads/configuration';

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  ...directorySetting,
  exchangeAddress: address('EXCHANGE_ADDRESS', 'host:port of the exchange, for what its journal published before'),
  subscriptionAddress: address('SUBSCRIPTION_ADDRESS', 'host:port of subscription, for the same'),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws BadConfiguration */
export const readConfig = (env?: Readonly<Record<string, string | undefined>>) => readConfiguration(settings, env);
