import {
  BadConfiguration,
  busGraceSetting,
  busSettings,
  type Configuration,
  meshSettings,
  readConfiguration,
} from '@crossroads/configuration';
import { firstAdministrator } from './bootstrap.js';

const DAY = 86_400_000;

/** For whoever has to know them without starting it. @public */
export const settings = {
  ...meshSettings,
  ...busSettings,
  // Whoever does not hear of the policy for five seconds refuses: a lost bus, which nobody who watches needs, must not end that.
  ...busGraceSetting(DAY),
  firstAdministrator,
} as const;

export type Config = Configuration<typeof settings>;

/** @throws BadConfiguration */
export const readConfig = (env: Readonly<Record<string, string | undefined>> = process.env): Config => {
  const config = readConfiguration(settings, env);
  if (config.kafkaBrokers === undefined && config.embeddedLogUrl === undefined)
    throw new BadConfiguration(['KAFKA_BROKERS is needed, or EMBEDDED_LOG_URL where there is no Kafka.']);
  return config;
};
