import { setTimeout as sleep } from 'node:timers/promises';
import type { CallContext } from '@crossroads/configuration';
import { status } from '@grpc/grpc-js';
import { errorOf, RemoteError } from '../errors/remote-error.js';

const INITIAL_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1_000;

export interface RetryRules {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** The call only reads, or carries a request id. */
  readonly isIdempotent: boolean;
  readonly signal: AbortSignal | undefined;
  /** The call that it is made for. */
  readonly context: CallContext | undefined;
}

const isRetryable = (error: unknown): error is RemoteError =>
  error instanceof RemoteError &&
  (error.code === status.UNAVAILABLE || error.code === status.ABORTED || error.wasLimited);

/** With full jitter, so that clients that failed together do not retry together. */
export const backoffMs = (attempt: number, { retryAfterMs = 0 }: RemoteError): number =>
  retryAfterMs + Math.random() * Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** attempt);

/** Retries after UNAVAILABLE, ABORTED or a limit with a retry delay, until the deadline. @throws RemoteError of the last attempt */
export const withRetries = async (call: () => Promise<unknown>, rules: RetryRules): Promise<unknown> => {
  let lastAnswer: RemoteError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const error = errorOf(thrown);
      // The deadline ended a retry: the answer before it says more.
      if (lastAnswer !== undefined && error instanceof RemoteError && error.code === status.DEADLINE_EXCEEDED)
        throw lastAnswer;
      if (!isRetryable(error) || rules.signal?.aborted || rules.context?.isCancelled) throw error;
      if (!rules.isIdempotent && !error.wasNotBegun) throw error;
      lastAnswer = error;
      const pause = backoffMs(attempt, error);
      if (Date.now() + pause >= rules.deadline) throw error;
      await sleep(pause, undefined, rules.signal && { signal: rules.signal }).catch(() => undefined);
    }
  }
};
