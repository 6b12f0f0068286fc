/** A check of the tour failed. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified';
}

/** @throws NotVerified */
export const verify: (holds: boolean, what: string) => asserts holds = (holds, what) => {
  if (!holds) throw new NotVerified(what);
};

const EVERY_MS = 50;

/**
 * Polls until there is a value. `what` ends the sentence "waited 20 s for …". An error of `ask` counts as no value.
 * @throws NotVerified after the time limit, with the last error
 */
export const until = async <Value>(
  what: string,
  ask: () => Promise<Value | undefined> | Value | undefined,
  timeoutMs = 20_000,
): Promise<Value> => {
  const end = performance.now() + timeoutMs;
  for (let last = ''; ; ) {
    try {
      const value = await ask();
      if (value !== undefined) return value;
      last = '';
    } catch (error) {
      last = error instanceof Error ? ` (${error.message})` : '';
    }
    if (performance.now() > end) throw new NotVerified(`waited ${timeoutMs / 1_000} s for ${what}${last}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
};
