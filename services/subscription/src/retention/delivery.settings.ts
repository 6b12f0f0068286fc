import { settingsOf, wholeNumberSetting } from '@crossroads/configuration';

export class DeliverySettings extends settingsOf({
  DELIVERY_RETENTION_DAYS: wholeNumberSetting('days for which deliveries are kept, so that they can be replayed', {
    min: 1,
    max: 92,
  }).default(30),
}) {}
