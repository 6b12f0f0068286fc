import type { RefusedMessage } from '@crossroads/contracts/ebox/v1/publication_service';
import { isRejection, RequestIdReused } from '@crossroads/eventsourcing';
import { GrpcFailure, InvalidInput, Unavailable } from '@crossroads/grpc';

/** What a stream answers to a message that is refused; nothing when the error is not about the message. */
export const refusedMessage = (error: unknown): RefusedMessage | undefined => {
  if (error instanceof InvalidInput)
    return {
      reason: error.reason,
      description: error.message,
      fields: error.violations.map(({ field, reason: rule, description }) => ({ field, rule, description })),
    };
  if (error instanceof Unavailable) return undefined;
  if (error instanceof GrpcFailure || isRejection(error))
    return { reason: error.reason, description: error.message, fields: [] };
  if (error instanceof RequestIdReused) return { reason: 'REQUEST_ID_REUSED', description: error.message, fields: [] };
  return undefined;
};
