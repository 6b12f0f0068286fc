import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { FailedPrecondition, type GrpcFailure, NotFound, PermissionDenied } from '@crossroads/grpc';
import type { DecidedService } from './decide-services.js';

/** A refusal as it is returned to the caller. It holds nothing personal. */
export interface Refusal {
  readonly kind: 'PERMISSION_DENIED' | 'FAILED_PRECONDITION' | 'NOT_FOUND';
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The refusal for a number that is not in use; `undefined` for one that is. */
export const refusalOfNumber = (state: NumberState): Refusal | undefined => {
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

/** The refusal when no data service may be released: the reason of the first one, and those of all in the metadata. */
export const refusalOfServices = (decided: readonly DecidedService[]): Refusal | undefined => {
  const refused = decided.flatMap((one) => (one.allowed ? [] : [one]));
  const [first] = refused;
  if (first === undefined || refused.length < decided.length) return undefined;
  return {
    kind: 'PERMISSION_DENIED',
    reason: first.reason,
    message: 'none of the data services may be released; the metadata has the reason of each',
    metadata: Object.fromEntries(refused.map(({ requested, reason }) => [requested.dataService, reason])),
  };
};

/** The gRPC error of a refusal. */
export const failureOf = ({ kind, reason, message, metadata }: Refusal): GrpcFailure => {
  switch (kind) {
    case 'PERMISSION_DENIED':
      return new PermissionDenied(reason, message, { metadata });
    case 'FAILED_PRECONDITION':
      return new FailedPrecondition(reason, message, { metadata });
    case 'NOT_FOUND':
      return new NotFound(reason, message, { metadata });
  }
};
