import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './failure.js';

/**
 * Boot and start time of a process, which distinguish it from a later process with the same pid. `undefined` when there is no such
 * process, or when it is a zombie.
 */
export const identityOf = (pid: number): string | undefined => {
  try {
    if (process.platform !== 'linux')
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim() ||
        undefined
      );
    // The command's name, in brackets, may contain spaces. After it the state is the first field, the start time the 20th.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return undefined;
  }
};

export const isRunning = (pid: number, identity: string): boolean => identityOf(pid) === identity;

/** Waits until the condition holds; false when it did not within `limit` milliseconds. */
export const waitFor = async (
  condition: () => boolean | Promise<boolean>,
  limit: number,
  every = 25,
): Promise<boolean> => {
  const end = Date.now() + limit;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await sleep(every);
  }
};

/** Signals a process, then kills it when it is still there after `within` milliseconds. */
export const stopProcess = async (
  pid: number,
  identity: string,
  signal: NodeJS.Signals,
  within: number,
): Promise<'gone' | 'stopped' | 'killed'> => {
  if (!isRunning(pid, identity)) return 'gone';
  send(pid, signal);
  if (await waitFor(() => !isRunning(pid, identity), within)) return 'stopped';
  send(pid, 'SIGKILL');
  await waitFor(() => !isRunning(pid, identity), 5_000);
  return 'killed';
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
};
