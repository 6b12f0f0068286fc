import { setTimeout as delay } from 'node:timers/promises';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;

/** Milliseconds to wait after the n-th failed attempt (from 1): 100, doubling to 10,000. */
export const backoffMs = (attempt: number): number => Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);

/** Waits; returns early, without failing, when the signal aborts. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await delay(ms, undefined, { signal }).catch(() => undefined);
};

/** Retries with backoff until the work succeeds. @throws the last error, when it is permanent or the signal aborts */
export const retryUntilDone = async <Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
  onError: (error: unknown, attempt: number) => void,
  isPermanent: (error: unknown) => boolean = () => false,
): Promise<Result> => {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (isPermanent(error)) throw error;
      onError(error, attempt);
      await pause(backoffMs(attempt), signal);
      if (signal.aborted) throw error;
    }
  }
};
