import { setTimeout as sleep } from 'node:timers/promises';

// `eventually` of libs/testing cannot be used here, since libs/testing depends on this library.
/** Only for what hangs: a machine under load may need long for anything. */
const GIVE_UP_MS = 120_000;
const POLL_MS = 5;

/** Waits until a condition holds. @throws after two minutes */
export const until = async (condition: () => boolean, what: string): Promise<void> => {
  for (const deadline = Date.now() + GIVE_UP_MS; !condition(); await sleep(POLL_MS))
    if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`);
};

/** Retries a call until it succeeds. @throws the last error after two minutes */
export const untilAnswered = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  for (const deadline = Date.now() + GIVE_UP_MS; ; await sleep(POLL_MS)) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
};
