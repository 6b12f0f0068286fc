import { setTimeout as delay } from 'node:timers/promises';

const GIVE_UP_MS = 150_000;
const POLL_MS = 10;

// The contract cannot use `eventually` of libs/testing, since libs/testing depends on this library.
/** Waits until the condition holds. @throws after two and a half minutes */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + GIVE_UP_MS; !holds(); await delay(POLL_MS))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
};
