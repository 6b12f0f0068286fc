import { BadRequest, ErrorInfo, RetryInfo } from '@crossroads/contracts/google/rpc/error_details';
import { Status } from '@crossroads/contracts/google/rpc/status';
import { isRejection } from '@crossroads/eventsourcing/decider';
import {
  NeedsNewerVersion,
  RequestIdReused,
  StreamClosed,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing/errors';
import { Metadata, status } from '@grpc/grpc-js';
import { type FieldViolation, GrpcFailure, InvalidInput } from './failures.js';
import { isOutage, unavailableReasonOf } from './outage.js';
import { RemoteError } from './remote-error.js';

/** The code of each reason of a `Rejection`. A reason without a code does not compile. */
export type ReasonCodes<Reason extends string = string> = Readonly<Record<Reason, status>>;

/** A status as grpc-js sends it. */
export interface StatusReply {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/** How one server reports errors. */
export interface ErrorMapping {
  /** `ErrorInfo.domain`, for example `subscription.crossroads`. */
  readonly domain: string;
  readonly reasonCodes: ReasonCodes;
}

interface Refusal {
  readonly code: status;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly violations?: InvalidInput['violations'] | undefined;
}

const detail = (type: string, value: Uint8Array) => ({
  typeUrl: `type.googleapis.com/google.rpc.${type}`,
  value: Buffer.from(value),
});

const retryDelay = (milliseconds: number) => ({
  seconds: BigInt(Math.floor(milliseconds / 1000)),
  nanos: Math.round(milliseconds % 1000) * 1_000_000,
});

/** Details travel in a header, of which some clients accept no more than 8 KiB. The violations beyond this length are left out. */
const MAX_VIOLATIONS_LENGTH = 4_000;

const fitting = (violations: readonly FieldViolation[]): readonly FieldViolation[] => {
  let length = 0;
  return violations.filter(({ field, reason, description }) => {
    length += field.length + reason.length + description.length;
    return length <= MAX_VIOLATIONS_LENGTH;
  });
};

/** A status with `google.rpc.Status` in `grpc-status-details-bin`: ErrorInfo, and BadRequest and RetryInfo where they apply. */
export const statusReply = (domain: string, refusal: Refusal): StatusReply => {
  const { code, reason, message, violations, retryAfterMs } = refusal;
  const info = ErrorInfo.fromPartial({ reason, domain, metadata: { ...refusal.metadata } });
  const details = [detail('ErrorInfo', ErrorInfo.encode(info).finish())];
  if (violations !== undefined)
    details.push(
      detail(
        'BadRequest',
        BadRequest.encode(BadRequest.fromPartial({ fieldViolations: fitting(violations) })).finish(),
      ),
    );
  if (retryAfterMs !== undefined)
    details.push(
      detail('RetryInfo', RetryInfo.encode(RetryInfo.fromPartial({ retryDelay: retryDelay(retryAfterMs) })).finish()),
    );
  const metadata = new Metadata();
  const encoded = Status.encode(Status.fromPartial({ code, message, details })).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(encoded));
  return { code, details: message, metadata };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** Whether something that a call needs does not answer now. */
export const isUnavailable = (error: unknown): boolean =>
  isOutage(error) || (error instanceof RemoteError && error.isOutage);

const refusalOf = (error: unknown, reasonCodes: ReasonCodes): Refusal | undefined => {
  if (error instanceof InvalidInput) return error;
  if (error instanceof GrpcFailure) return error;
  if (isRejection(error)) {
    const code = reasonCodes[error.reason];
    if (code !== undefined) return { code, reason: error.reason, message: error.message, metadata: error.metadata };
  }
  if (error instanceof WrongExpectedRevision)
    return { code: status.ABORTED, reason: 'CONCURRENT_UPDATE', message: error.message };
  if (error instanceof StreamClosed)
    return { code: status.FAILED_PRECONDITION, reason: 'STREAM_CLOSED', message: error.message };
  if (error instanceof RequestIdReused)
    return { code: status.ALREADY_EXISTS, reason: 'REQUEST_ID_REUSED', message: error.message };
  if (error instanceof NeedsNewerVersion)
    return {
      code: status.UNAVAILABLE,
      reason: 'NEEDS_NEWER_VERSION',
      message: error.message,
      metadata: { eventType: error.event.type },
      retryAfterMs: 1000,
    };
  const unavailable = unavailableReasonOf(error);
  if (unavailable !== undefined)
    return { code: status.UNAVAILABLE, reason: unavailable, message: messageOf(error), retryAfterMs: 1000 };
  if (isUnavailable(error))
    return {
      code: status.UNAVAILABLE,
      reason: 'DEPENDENCY_UNAVAILABLE',
      message: 'something that this service needs does not answer now; try again later',
      retryAfterMs: 1000,
    };
  return undefined;
};

/**
 * Maps an error to the status that the caller sees. An unknown error becomes INTERNAL without any detail; `unexpected` says that the
 * error belongs in the log.
 */
export const toStatus = (
  error: unknown,
  { domain, reasonCodes }: ErrorMapping,
): StatusReply & { readonly unexpected: boolean } => {
  const refusal = refusalOf(error, reasonCodes);
  if (refusal !== undefined)
    return { ...statusReply(domain, refusal), unexpected: refusal.reason === 'DEPENDENCY_UNAVAILABLE' };
  const internal = { code: status.INTERNAL, reason: 'INTERNAL', message: 'internal error' };
  return { ...statusReply(domain, internal), unexpected: true };
};
