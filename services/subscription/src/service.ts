import { type ReasonCodes, status } from '@crossroads/grpc';
import { defineService } from '@crossroads/service';
import { ReceiptSettings } from '@crossroads/transparency/nest';
import { DeliverySettings } from './retention/delivery.settings.js';
import type { SubscriptionReason } from './subscription/subscription.decider.js';
import { Snapshots1764230500000 } from './snapshot/snapshots.migration.js';
import { SubscriptionEntity } from './subscription/subscription.entity.js';
import { Subscriptions1764230400000 } from './subscription/subscriptions.migration.js';

const reasonCodes: ReasonCodes<SubscriptionReason> = {
  SUBSCRIPTION_ALREADY_OPEN: status.ALREADY_EXISTS,
  SUBSCRIPTION_NOT_OPEN: status.FAILED_PRECONDITION,
  SUBSCRIPTION_NOT_PAUSED: status.FAILED_PRECONDITION,
  LANES_FIXED: status.FAILED_PRECONDITION,
};

export const service = defineService({
  name: 'subscription',
  settings: [ReceiptSettings, DeliverySettings],
  entities: [SubscriptionEntity],
  migrations: [Subscriptions1764230400000, Snapshots1764230500000],
  reasonCodes,
  loadS3Archive: () => import('@crossroads/document/s3'),
});
