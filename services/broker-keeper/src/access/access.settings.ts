import { settingsOf, wholeNumberSetting } from '@crossroads/configuration';

export class AccessSettings extends settingsOf({
  ACCESS_CHECK_MS: wholeNumberSetting('milliseconds between two looks at the broker while the policy does not change', {
    min: 100,
    max: 3_600_000,
  }).default(60_000),
}) {}
