import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { errorOf, RemoteError } from '../errors/remote-error.js';

const FIRST_MS = 25;
const MAX_PAUSE_MS = 1_000;

export interface RetryRules {
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** Whether a second call does no harm: it only reads, or carries a request id. */
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
}

const isWorthIt = (error: unknown): error is RemoteError =>
  error instanceof RemoteError &&
  (error.code === status.UNAVAILABLE || error.code === status.ABORTED || error.wasLimited);

/** Full jitter: many clients that failed together do not come back together. */
const pauseBefore = (attempt: number, { retryAfterMs = 0 }: RemoteError): number =>
  retryAfterMs + Math.random() * Math.min(MAX_PAUSE_MS, FIRST_MS * 2 ** attempt);

/** Calls, and calls again after UNAVAILABLE, ABORTED or a limit that says when, while the deadline lasts. @throws RemoteError the last one */
export const withRetries = async (call: () => Promise<unknown>, rules: RetryRules): Promise<unknown> => {
  let answered: RemoteError | undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const error = errorOf(thrown);
      // The deadline ended a repetition: what was answered before it tells more.
      if (answered !== undefined && error instanceof RemoteError && error.code === status.DEADLINE_EXCEEDED)
        throw answered;
      if (!isWorthIt(error) || rules.signal?.aborted) throw error;
      if (!rules.repeatable && !error.wasNotBegun) throw error;
      answered = error;
      const pause = pauseBefore(attempt, error);
      if (Date.now() + pause >= rules.deadline) throw error;
      await sleep(pause, undefined, rules.signal && { signal: rules.signal }).catch(() => undefined);
    }
  }
};
