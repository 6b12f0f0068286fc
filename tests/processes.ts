import { execFileSync } from 'node:child_process';

/** Resident memory of a process, in MB. */
export const residentMb = (pid: number): number => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;

/** Processor time that a process has used so far, in milliseconds, as finely as `ps` tells it. */
export const processorMs = (pid: number): number => {
  const [, days, hours, minutes, seconds] =
    /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim()) ?? [];
  return ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1_000;
};
