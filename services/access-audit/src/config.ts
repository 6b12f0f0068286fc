import {
  address,
  authorizationSetting,
  busGraceSetting,
  busSettings,
  directorySetting,
  meshSettings,
  readConfiguration,
  sealingSettings,
  subjectKeySettings,
} from '@crossroads/configuration';

/** For whoever has to know them without starting it. @public */
export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...subjectKeySettings,
  ...authorizationSetting,
  ...directorySetting,
  // Without the bus it no longer hears who looked, and its lists are incomplete. Longer than a broker takes to start again.
  ...busGraceSetting(60_000),
  exchangeAddress: address('EXCHANGE_ADDRESS', 'host:port of the exchange, for what its journal published before'),
  subscriptionAddress: address('SUBSCRIPTION_ADDRESS', 'host:port of subscription, for the same'),
};

export type Config = ReturnType<typeof readConfig>;

/** @throws BadConfiguration */
export const readConfig = (env?: Readonly<Record<string, string | undefined>>) => readConfiguration(settings, env);
