import { eventually } from '../eventually.js';

/** Waits until the condition holds; the failure says for what was waited. */
export const until = async (what: string, holds: () => boolean, withinMs = 30_000): Promise<void> => {
  try {
    await eventually(holds, Boolean, withinMs);
  } catch (error) {
    throw new Error(`waited in vain for: ${what}`, { cause: error });
  }
};
