import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is good, and gives it; throws when it is not good within `withinMs`, which is long enough for a machine under load. That nobody answers
 * (a `RemoteError` whose `isOutage` is true) is no answer yet: what was killed is found again in a moment.
 */
export const eventually = async <Answer>(
  ask: () => Promise<Answer> | Answer,
  good: (answer: Answer) => boolean,
  withinMs = 120_000,
): Promise<Answer> => {
  for (const until = Date.now() + withinMs; ; ) {
    try {
      const answer = await ask();
      if (good(answer)) return answer;
    } catch (error) {
      if (!isOutage(error) || Date.now() > until) throw error;
    }
    if (Date.now() > until) throw new Error(`still not so after ${withinMs} ms`);
    await delay(10);
  }
};

const isOutage = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'isOutage') === true;
