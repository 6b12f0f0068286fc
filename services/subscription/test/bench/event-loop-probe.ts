import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into the measured service (`node --import`). At SIGUSR2 it prints what its event loop did since the last one, and begins anew.
 * `blockedMs`: processor time of the main thread between two ticks, which other work on the machine does not lengthen. `delayMs`: how late
 * timers were, other work included.
 */
const TICK_MS = 5;
export const PROBE = 'event-loop-probe ';

export interface LoopFigures {
  readonly blockedMs: Quantiles;
  readonly delayMs: Quantiles;
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const delay = monitorEventLoopDelay({ resolution: TICK_MS });
let slices: number[] = [];
let before = process.threadCpuUsage();

const quantilesOf = (values: readonly number[]): Quantiles => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
};

const milliseconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - TICK_MS);

const figures = (): LoopFigures => ({
  blockedMs: quantilesOf(slices),
  delayMs: {
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    max: milliseconds(delay.max),
  },
});

// In the service only: the bench imports this file for its types.
if (process.execArgv.some((argument) => argument.endsWith('event-loop-probe.js'))) {
  delay.enable();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    slices.push((user + system) / 1_000);
  }, TICK_MS).unref();
  process.on('SIGUSR2', () => {
    process.stdout.write(`${PROBE}${JSON.stringify(figures())}\n`);
    slices = [];
    delay.reset();
  });
}
