import type { ReasonCodes } from '@crossroads/grpc';
import type { EventsReason } from '@crossroads/messaging';
import { status } from '@grpc/grpc-js';
import type { NumberReason } from '../application/number-reasons.js';

export const reasonCodes: ReasonCodes<NumberReason | EventsReason> = {
  UNKNOWN_SSIN: status.NOT_FOUND,
  // The state of the number decides, not the form of the request.
  REPLACED_SSIN: status.FAILED_PRECONDITION,
  CANCELED_SSIN: status.FAILED_PRECONDITION,
  INVALID_CURSOR: status.INVALID_ARGUMENT,
  TOPIC_NOT_FOR_CALLER: status.PERMISSION_DENIED,
};
