import { settingsOf, wholeNumberSetting } from '@crossroads/configuration';

export class SecuritySettings extends settingsOf({
  LIMIT_PAGES_PER_MINUTE: wholeNumberSetting(
    'pages that a session, or an address without one, may ask for in a minute',
    {
      min: 1,
      max: 1_000_000,
    },
  ).default(300),
}) {}
