import { RemoteError } from '@crossroads/grpc';

/** Why a document was not opened, as far as its reader can do something about it. */
export interface DocumentFailure {
  readonly kind: 'notNow' | 'changed' | 'expired';
  readonly status: number;
  /** When its provider is expected back; absent: in minutes. */
  readonly tryAt?: Date;
}

/** A wait that is no planned maintenance is not worth a time of day. */
const LONG_WAIT_MS = 5 * 60_000;

/** @param error also one that names the service that is away, with the refusal as its cause */
export const documentFailureOf = (error: unknown, now: Date): DocumentFailure | undefined => {
  const refusal = error instanceof Error && error.cause instanceof RemoteError ? error.cause : error;
  if (!(refusal instanceof RemoteError)) return undefined;
  switch (refusal.reason) {
    case 'DOCUMENT_TEMPORARILY_UNAVAILABLE': {
      const wait = refusal.retryAfterMs ?? 0;
      return { kind: 'notNow', status: 503, ...(wait > LONG_WAIT_MS ? { tryAt: new Date(now.getTime() + wait) } : {}) };
    }
    case 'DOCUMENT_CHANGED':
      return { kind: 'changed', status: 502 };
    case 'DOCUMENT_EXPIRED':
      return { kind: 'expired', status: 410 };
    default:
      return undefined;
  }
};
