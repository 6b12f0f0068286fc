import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is good, and gives it; throws when it is not good within `withinMs` (20 s). */
export const eventually = async <Answer>(
  ask: () => Promise<Answer> | Answer,
  good: (answer: Answer) => boolean,
  withinMs = 20_000,
): Promise<Answer> => {
  for (const until = Date.now() + withinMs; ; ) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > until) throw new Error(`still not so after ${withinMs} ms`);
    await delay(10);
  }
};
