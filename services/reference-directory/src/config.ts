import {
  address,
  authorizationSetting,
  busSettings,
  type Configuration,
  meshSettings,
  sealingSettings,
} from '@crossroads/configuration';

export const settings = {
  ...meshSettings,
  ...busSettings,
  ...sealingSettings,
  ...authorizationSetting,
  registryAddress: address(
    'PERSON_REGISTRY_ADDRESS',
    'host:port of the person registry, for the numbers it gave before',
  ),
} as const;

export type Config = Configuration<typeof settings>;
