import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Part of Debian's package `prometheus`. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** The output of a run, and whether it succeeded. */
export const promtool = async (...args: readonly string[]): Promise<{ readonly ok: boolean; readonly says: string }> =>
  promisify(execFile)('promtool', [...args], { maxBuffer: 16 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ ok: true, says: `${stdout}${stderr}` }),
    (error: Error & { readonly stdout?: string; readonly stderr?: string }) => ({
      ok: false,
      says: `${error.stdout ?? ''}${error.stderr ?? ''}` || error.message,
    }),
  );
