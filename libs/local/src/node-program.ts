import { fileURLToPath } from 'node:url';
import type { Program } from './supervised.js';

/**
 * Keeps a service below 250 MB. By default V8 collects the whole small heap of a service under load once a second, which takes a quarter
 * of its processor time; with this growth it does so less often.
 */
const HEAP = ['--max-old-space-size=160', '--max-semi-space-size=16', '--heap-growing-percent=200'];
const STOP_WITH_PARENT = fileURLToPath(new URL('./stop-with-parent.js', import.meta.url));

/** How the main module of a service or an institution is run. */
export const nodeProgram = (main: string): Pick<Program, 'command' | 'args' | 'stopsWithParent'> => ({
  command: process.execPath,
  args: [...HEAP, '--import', STOP_WITH_PARENT, main],
  stopsWithParent: true,
});
