import { percentile } from './figure.js';

export interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs clients with one call at a time each for `ms` milliseconds. Calls `onProgress` every two seconds. */
export const closedLoop = async (
  clients: number,
  ms: number,
  call: (n: number) => Promise<unknown>,
  onProgress: (count: number) => void = () => undefined,
): Promise<Measured> => {
  const latencies: number[] = [];
  const from = performance.now();
  let n = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() - from < ms) {
      const before = performance.now();
      await call(n++);
      latencies.push(performance.now() - before);
    }
  };
  const timer = setInterval(() => onProgress(latencies.length), 2_000);
  try {
    await Promise.all(Array.from({ length: clients }, loop));
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - from) / 1_000;
  const count = latencies.length;
  return {
    count,
    seconds,
    perSecond: count / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
};

const WINDOW_MS = 5_000;
/** A smaller increase of speed is noise. */
const NOISE = 1.03;

/**
 * Calls until the speed no longer increases. JIT compilers use half of the processors at first, and double the speed within a minute.
 * Ends after three windows in a row that were no faster than the best one, after at least `minWindows` and at most `maxWindows`.
 */
export const warmUp = async (
  clients: number,
  call: (n: number) => Promise<unknown>,
  onWindow: (perSecond: number) => void,
  { minWindows, maxWindows }: { readonly minWindows: number; readonly maxWindows: number },
): Promise<void> => {
  let best = 0;
  for (let windows = 0, settled = 0; windows < maxWindows && (windows < minWindows || settled < 3); windows++) {
    const { perSecond } = await closedLoop(clients, WINDOW_MS, call);
    onWindow(perSecond);
    settled = perSecond < best * NOISE ? settled + 1 : 0;
    best = Math.max(best, perSecond);
  }
};
