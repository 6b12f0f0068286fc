import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from './figure.js';

/** Used and idle processor time of the whole machine since its start, in milliseconds. */
export const machineCpu = (): { readonly used: number; readonly idle: number } =>
  cpus().reduce(
    ({ used, idle }, { times }) => ({
      used: used + times.user + times.nice + times.sys + times.irq,
      idle: idle + times.idle,
    }),
    { used: 0, idle: 0 },
  );

/** The share of processor time that was idle since `before`. */
export const idleSince = (before: ReturnType<typeof machineCpu>): number => {
  const now = machineCpu();
  const [used, idle] = [now.used - before.used, now.idle - before.idle];
  return idle / Math.max(1, used + idle);
};

/** The state of the machine while no benchmark runs: load, idle share of one second, and time of a durable write. Other work affects every figure. */
export const machineState = async (): Promise<string> => {
  const before = machineCpu();
  await delay(1_000);
  const idle = idleSince(before);
  const [load = 0] = loadavg();
  return `${cpus().length} processors, load ${load.toFixed(1)}, ${(idle * 100).toFixed(0)} % idle, fsync p50 ${fsyncMs().toFixed(2)} ms`;
};

const fsyncMs = (): number => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-fsync-'));
  const file = openSync(join(folder, 'file'), 'w');
  try {
    const times = Array.from({ length: 50 }, () => {
      writeSync(file, Buffer.alloc(8192));
      const from = performance.now();
      fsyncSync(file);
      return performance.now() - from;
    });
    return percentile(times, 0.5);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
};
