import { BadRequest, ErrorInfo, RetryInfo } from '@crossroads/contracts/google/rpc/error_details';
import { Status } from '@crossroads/contracts/google/rpc/status';
import { type Metadata, status } from '@grpc/grpc-js';
import type { FieldViolation } from './failures.js';

/** The limits that are applied before a call is read. */
const NOT_BEGUN: ReadonlySet<string> = new Set(['RATE_LIMIT', 'CONCURRENCY_LIMIT', 'OVERLOADED']);

/** The status that another server answered with, and its details. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';

  constructor(
    readonly code: status,
    message: string,
    /** Empty when the server (or the network) gave none. */
    readonly reason: string,
    readonly domain: string,
    readonly metadata: Readonly<Record<string, string>>,
    readonly violations: readonly FieldViolation[],
    readonly retryAfterMs: number | undefined,
  ) {
    super(message);
  }

  /** The server did not answer, as opposed to a refusal. */
  get isOutage(): boolean {
    return this.code === status.UNAVAILABLE || this.code === status.DEADLINE_EXCEEDED || this.wasLimited;
  }

  /** The call exceeded a limit, and may be retried after `retryAfterMs`. */
  get wasLimited(): boolean {
    return this.code === status.RESOURCE_EXHAUSTED && this.retryAfterMs !== undefined;
  }

  /** Refused before anything was done, so that any call may be retried. */
  get wasNotBegun(): boolean {
    return this.wasLimited && NOT_BEGUN.has(this.reason);
  }
}

const detailsOf = (
  metadata: Metadata | undefined,
): readonly { readonly typeUrl: string; readonly value: Uint8Array }[] => {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  return bytes instanceof Uint8Array ? Status.decode(bytes).details : [];
};

const millisecondsOf = ({ retryDelay }: RetryInfo): number | undefined =>
  retryDelay === undefined ? undefined : Number(retryDelay.seconds) * 1000 + retryDelay.nanos / 1_000_000;

interface Remote {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

const isRemote = (error: unknown): error is Remote =>
  error instanceof Error &&
  typeof Reflect.get(error, 'code') === 'number' &&
  typeof Reflect.get(error, 'details') === 'string';

/** The text of grpc-js for HTTP/2's ENHANCE_YOUR_CALM: the server, or a proxy, limits this connection. */
const CONNECTION_EXHAUSTED = /^Bandwidth exhausted/;
const CONNECTION_RETRY_MS = 1_000;

/** Reads the details of a failed call. Other errors come back unchanged. */
export const errorOf = (error: unknown): RemoteError | Error => {
  if (!isRemote(error)) return error instanceof Error ? error : new Error(String(error));
  let reason = '';
  let domain = '';
  let metadata: Readonly<Record<string, string>> = {};
  let violations: readonly FieldViolation[] = [];
  let retryAfterMs: number | undefined;
  try {
    for (const { typeUrl, value } of detailsOf(error.metadata)) {
      if (typeUrl.endsWith('/google.rpc.ErrorInfo')) ({ reason, domain, metadata } = ErrorInfo.decode(value));
      if (typeUrl.endsWith('/google.rpc.BadRequest')) violations = BadRequest.decode(value).fieldViolations;
      if (typeUrl.endsWith('/google.rpc.RetryInfo')) retryAfterMs = millisecondsOf(RetryInfo.decode(value));
    }
  } catch {
    // Details that cannot be decoded are ignored: the code still says what to do.
  }
  if (error.code === status.RESOURCE_EXHAUSTED && reason === '' && CONNECTION_EXHAUSTED.test(error.details)) {
    reason = 'CONNECTION_LIMIT';
    retryAfterMs ??= CONNECTION_RETRY_MS;
  }
  return new RemoteError(error.code, error.details, reason, domain, metadata, violations, retryAfterMs);
};
