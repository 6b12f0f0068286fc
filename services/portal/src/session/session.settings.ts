import { settingsOf, wholeNumberSetting } from '@crossroads/configuration';

export class SessionSettings extends settingsOf({
  SESSION_MAX_S: wholeNumberSetting(
    'seconds after signing in after which a person signs in again; services take no token of an earlier sign-in than 900 s',
    { min: 60, max: 880 },
  ).default(840),
  SESSION_IDLE_S: wholeNumberSetting('seconds without a page after which a session ends', {
    min: 30,
    max: 880,
  }).default(600),
}) {}
