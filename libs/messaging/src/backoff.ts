import { setTimeout as wait } from 'node:timers/promises';

const FIRST_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** Milliseconds before the next attempt after the n-th failed one (from 1): 100, doubling to 10,000. */
export const backoffMs = (attempt: number): number => Math.min(FIRST_MS * 2 ** (attempt - 1), MAX_PAUSE_MS);

/** Waits; returns early, without failing, when the signal ends. */
export const pauseFor = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  await wait(ms, undefined, { signal }).catch(() => undefined);
};

/** Tries until it succeeds or the signal ends, then throws the last error. */
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
      await pauseFor(backoffMs(attempt), signal);
      if (signal.aborted) throw error;
    }
  }
};

/** Waits for the work, but no longer: whoever closes must come to an end. Failures are the worker's own business. */
export const noLongerThan = async (ms: number, work: Promise<unknown> | undefined): Promise<void> => {
  const done = new AbortController();
  await Promise.race([work?.catch(() => undefined), pauseFor(ms, done.signal)]);
  done.abort();
};

const ANSWER_WITHIN_MS = 2_000;

/** Whether a question has been answered, whatever the answer, within two seconds. */
export const answeredInTime = async (question: Promise<unknown>): Promise<boolean> => {
  let answered = false;
  await noLongerThan(
    ANSWER_WITHIN_MS,
    question.then(() => {
      answered = true;
    }),
  );
  return answered;
};
