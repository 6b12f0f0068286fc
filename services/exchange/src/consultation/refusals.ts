import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { FailedPrecondition, type GrpcFailure, NotFound, PermissionDenied, ResourceExhausted } from '@crossroads/grpc';
import { personNotAvailable, quotaExhausted, type RecordedReason } from '@crossroads/policy';
import type { DecidedService } from './decide-services.js';

/** A refusal as it is returned to the caller. It holds nothing personal. */
export interface Refusal {
  readonly kind: 'PERMISSION_DENIED' | 'FAILED_PRECONDITION' | 'NOT_FOUND' | 'RESOURCE_EXHAUSTED';
  readonly reason: RecordedReason;
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

/** Why nothing is released: what is recorded, and what the customer is told. */
export interface DecidedRefusal {
  /** The precise reason. */
  readonly reason: RecordedReason;
  /** Each data service has a reason of its own; else that of the whole holds for all of them. */
  readonly ofServices: boolean;
  readonly told: Refusal;
}

/**
 * Nothing may be released, or the number is not in use. The customer is told the policy's reasons first, since they are the same about
 * anybody. After that, only who has an inscription by which something is granted is told the state of the number; to others every
 * person is not available, and nothing in the answer depends on the person.
 */
export const refusalOf = (state: NumberState, decided: readonly DecidedService[]): DecidedRefusal | undefined => {
  const ofNumber = refusalOfNumber(state);
  const refused = decided.flatMap((one) => (one.allowed ? [] : [one]));
  const [first] = refused;
  if (first === undefined || refused.length < decided.length)
    return ofNumber && { reason: ofNumber.reason, ofServices: false, told: ofNumber };
  const decidedAs = { reason: ofNumber?.reason ?? first.reason, ofServices: ofNumber === undefined };
  const reasons = refused.map(
    ({ requested, policyReason = personNotAvailable.reason }) => [requested.dataService, policyReason] as const,
  );
  const metadata = Object.fromEntries(reasons);
  if (refused.some(({ policyReason }) => policyReason === undefined))
    return { ...decidedAs, told: { kind: 'FAILED_PRECONDITION', ...personNotAvailable, metadata } };
  const told: Refusal = {
    kind: 'PERMISSION_DENIED',
    reason: first.policyReason ?? first.reason,
    message: 'none of the data services may be released; the metadata has the reason of each',
    metadata,
  };
  return { ...decidedAs, told };
};

/** The refusal of a person more than the institution may come to today. */
export const tooMany: Refusal = { kind: 'RESOURCE_EXHAUSTED', ...quotaExhausted, metadata: {} };

/** The refusal to a reporter without an inscription on the number. */
export const notAvailable: Refusal = { kind: 'FAILED_PRECONDITION', ...personNotAvailable, metadata: {} };

/** The gRPC error of a refusal. */
export const failureOf = ({ kind, reason, message, metadata }: Refusal): GrpcFailure => {
  switch (kind) {
    case 'PERMISSION_DENIED':
      return new PermissionDenied(reason, message, { metadata });
    case 'FAILED_PRECONDITION':
      return new FailedPrecondition(reason, message, { metadata });
    case 'NOT_FOUND':
      return new NotFound(reason, message, { metadata });
    case 'RESOURCE_EXHAUSTED':
      return new ResourceExhausted(reason, message, { metadata });
  }
};
