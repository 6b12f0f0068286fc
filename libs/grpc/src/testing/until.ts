import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition, at most ten seconds. */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 10_000) throw new Error(`gave up waiting until ${what}`);
    await sleep(5);
  }
};
