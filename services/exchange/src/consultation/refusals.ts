import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { FailedPrecondition, type GrpcFailure, NotFound, PermissionDenied } from '@crossroads/grpc';
import type { Refused } from '../journal/kept-answer.js';
import type { DecidedService } from './decide-services.js';

/** Why nothing is said about a number that is not in use; nothing for one that is. */
export const refusalOfNumber = (state: NumberState): Refused | undefined => {
  switch (state) {
    case NumberState.NUMBER_STATE_VALID:
      return undefined;
    case NumberState.NUMBER_STATE_REPLACED:
      return {
        kind: 'FAILED_PRECONDITION',
        reason: 'REPLACED_SSIN',
        message: 'this number was replaced by another; ask with the new one',
        metadata: {},
      };
    case NumberState.NUMBER_STATE_CANCELED:
      return {
        kind: 'FAILED_PRECONDITION',
        reason: 'CANCELED_SSIN',
        message: 'this number was cancelled; check whose number it should be',
        metadata: {},
      };
    case NumberState.NUMBER_STATE_UNKNOWN:
      return { kind: 'NOT_FOUND', reason: 'UNKNOWN_SSIN', message: 'nobody has this number; check it', metadata: {} };
    case NumberState.NUMBER_STATE_UNSPECIFIED:
    case NumberState.UNRECOGNIZED:
      throw new TypeError('the directory answered with a state of a number that the exchange does not know');
  }
};

/** None of the data services may be released: the reason of the first, and of each in the metadata. */
export const refusalOfServices = (decided: readonly DecidedService[]): Refused | undefined => {
  const refused = decided.flatMap((one) => (one.allowed ? [] : [one]));
  const [first] = refused;
  if (first === undefined || refused.length < decided.length) return undefined;
  return {
    kind: 'PERMISSION_DENIED',
    reason: first.reason,
    message: 'none of the data services may be released; the metadata has the reason of each',
    metadata: Object.fromEntries(refused.map(({ asked, reason }) => [asked.dataService, reason])),
  };
};

/** As it is answered. */
export const failureOf = ({ kind, reason, message, metadata }: Refused): GrpcFailure => {
  switch (kind) {
    case 'PERMISSION_DENIED':
      return new PermissionDenied(reason, message, { metadata });
    case 'FAILED_PRECONDITION':
      return new FailedPrecondition(reason, message, { metadata });
    case 'NOT_FOUND':
      return new NotFound(reason, message, { metadata });
  }
};
