import { status } from '@grpc/grpc-js';

/** Why one field was refused: `reason` is API (UPPER_SNAKE_CASE), `description` names the rule and what to do. */
export interface FieldViolation {
  /** Path as in the proto file, for example `person.ssin` or `periods[2].end_date`. */
  readonly field: string;
  readonly reason: string;
  readonly description: string;
}

export interface FailureOptions {
  /** The variable parts of the message. Nothing personal. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Milliseconds after which a retry may succeed. */
  readonly retryAfterMs?: number;
}

/** A failure that the caller is told about. Anything else that is thrown becomes INTERNAL and a log line. */
export abstract class GrpcFailure extends Error {
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: status,
    /** UPPER_SNAKE_CASE; API. */
    readonly reason: string,
    message: string,
    { metadata = {}, retryAfterMs }: FailureOptions = {},
  ) {
    super(message);
    this.metadata = metadata;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The request is invalid, whatever is stored: INVALID_ARGUMENT with BadRequest. */
export class InvalidInput extends GrpcFailure {
  override readonly name = 'InvalidInput';
  readonly violations: readonly [FieldViolation, ...FieldViolation[]];

  constructor(first: FieldViolation, ...others: FieldViolation[]) {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    super(status.INVALID_ARGUMENT, 'INVALID_INPUT', `${first.field}: ${first.description}${more}`, {
      metadata: { field: first.field, rule: first.reason },
    });
    this.violations = [first, ...others];
  }
}

/** The certificate or a token does not identify the caller. */
export class Unauthenticated extends GrpcFailure {
  override readonly name = 'Unauthenticated';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.UNAUTHENTICATED, reason, message, options);
  }
}

/** The caller is known, and may not do this. */
export class PermissionDenied extends GrpcFailure {
  override readonly name = 'PermissionDenied';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.PERMISSION_DENIED, reason, message, options);
  }
}

export class NotFound extends GrpcFailure {
  override readonly name = 'NotFound';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.NOT_FOUND, reason, message, options);
  }
}

/** Refused because of what is stored: a retry of the same request will fail as well. */
export class FailedPrecondition extends GrpcFailure {
  override readonly name = 'FailedPrecondition';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.FAILED_PRECONDITION, reason, message, options);
  }
}

export class ResourceExhausted extends GrpcFailure {
  override readonly name = 'ResourceExhausted';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.RESOURCE_EXHAUSTED, reason, message, options);
  }
}

/** A retry later may succeed. */
export class Unavailable extends GrpcFailure {
  override readonly name = 'Unavailable';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.UNAVAILABLE, reason, message, options);
  }
}

/** What was sent so far must be discarded: it is not what it should be. */
export class DataLoss extends GrpcFailure {
  override readonly name = 'DataLoss';

  constructor(reason: string, message: string, options?: FailureOptions) {
    super(status.DATA_LOSS, reason, message, options);
  }
}

/** The bytes are not a message of this rpc. */
export class MalformedMessage extends GrpcFailure {
  override readonly name = 'MalformedMessage';

  constructor() {
    super(
      status.INVALID_ARGUMENT,
      'MALFORMED_MESSAGE',
      'the request is not a message of this rpc: it is truncated or was encoded with another proto file',
    );
  }
}

/** The time for the call is over. */
export class DeadlineExceeded extends GrpcFailure {
  override readonly name = 'DeadlineExceeded';

  constructor(message = 'the deadline of the call has passed') {
    super(status.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED', message);
  }
}

/** The client no longer waits for the answer. */
export class Cancelled extends GrpcFailure {
  override readonly name = 'Cancelled';

  constructor() {
    super(status.CANCELLED, 'CANCELLED', 'the call was cancelled');
  }
}
