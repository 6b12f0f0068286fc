import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until the answer is good, and resolves to it. An outage (a `RemoteError` whose `isOutage` is true) is no answer yet, because a killed
 * process comes back. Throws after `timeoutMs`, which is long enough for a machine under load.
 */
export const eventually = async <Answer>(
  ask: () => Promise<Answer> | Answer,
  isGood: (answer: Answer) => boolean,
  timeoutMs = 120_000,
): Promise<Answer> => {
  for (const until = Date.now() + timeoutMs; ; ) {
    try {
      const answer = await ask();
      if (isGood(answer)) return answer;
    } catch (error) {
      if (!isOutage(error) || Date.now() > until) throw error;
    }
    if (Date.now() > until) throw new Error(`the condition does not hold after ${timeoutMs} ms`);
    await delay(10);
  }
};

const isOutage = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'isOutage') === true;
