import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Resident memory of a process, in MB. */
export const residentMb = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;

/** Processor time of a process in milliseconds, with a resolution of 10 ms on Linux and of `ps` elsewhere. */
export const processorMs = (pid: number): number => {
  const stat = `/proc/${pid}/stat`;
  if (existsSync(stat)) {
    // User and system time in ticks of 10 ms. The process name before them may contain spaces.
    const fields = readFileSync(stat, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }
  const [, days, hours, minutes, seconds] =
    /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(
      execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim(),
    ) ?? [];
  return (
    ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1_000
  );
};
