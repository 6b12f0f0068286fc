import {
  address,
  authorizationSetting,
  busGraceSetting,
  busSettings,
  type Configuration,
  meshSettings,
  sealingSettings,
} from '@crossroads/configuration';

const MINUTE = 60_000;

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...authorizationSetting,
  // Every consultation asks here who somebody is: without the bus the answers grow old, which is better than none.
  ...busGraceSetting(10 * MINUTE),
  registryAddress: address(
    'PERSON_REGISTRY_ADDRESS',
    'host:port of the person registry, for the numbers it gave before',
  ),
} as const;

export type Config = Configuration<typeof settings>;
