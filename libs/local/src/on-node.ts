import { fileURLToPath } from 'node:url';
import type { Program } from './supervised.js';

/**
 * Keeps a service below 250 MB. Left to itself V8 collects the whole heap of a service under load once a second, since the heap
 * is small: a quarter of its processor time. Let it treble first.
 */
const HEAP = ['--max-old-space-size=160', '--max-semi-space-size=16', '--heap-growing-percent=200'];
const LEASH = fileURLToPath(new URL('./leash.js', import.meta.url));

/** How the main module of a service or an institution is run. */
export const onNode = (main: string): Pick<Program, 'command' | 'args' | 'leash'> => ({
  command: process.execPath,
  args: [...HEAP, '--import', LEASH, main],
  leash: true,
});
