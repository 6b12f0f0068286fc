import type { ReasonCodes } from '@crossroads/grpc';
import type { EventsReason } from '@crossroads/messaging';
import { status } from '@grpc/grpc-js';
import type { SubscriptionReason } from '../domain/subscription.js';

export const reasonCodes: ReasonCodes<SubscriptionReason | EventsReason> = {
  SUBSCRIPTION_ALREADY_OPEN: status.ALREADY_EXISTS,
  SUBSCRIPTION_NOT_OPEN: status.FAILED_PRECONDITION,
  SUBSCRIPTION_NOT_PAUSED: status.FAILED_PRECONDITION,
  INVALID_CURSOR: status.INVALID_ARGUMENT,
  TOPIC_NOT_FOR_CALLER: status.PERMISSION_DENIED,
};
