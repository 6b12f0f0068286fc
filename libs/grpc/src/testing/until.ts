import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition, at most ten seconds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 10_000) throw new Error(`gave up waiting until ${what}`);
    await sleep(5);
  }
};

/** Retries a call until it succeeds, at most ten seconds. @throws the last error */
export const untilAnswered = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  for (const from = Date.now(); ; ) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() - from > 10_000) throw error;
      await sleep(20);
    }
  }
};
