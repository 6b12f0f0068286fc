import { percentile } from './figure.js';

export interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many clients, each with one call at a time, for so long. Tells of its progress every two seconds. */
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
  const telling = setInterval(() => onProgress(latencies.length), 2_000);
  try {
    await Promise.all(Array.from({ length: clients }, loop));
  } finally {
    clearInterval(telling);
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
/** Faster than before by less than this is not faster. */
const NOISE = 1.03;

/**
 * Calls until it goes no faster: the compilers of seven processes and of Kafka's take half of the processors at first, and
 * double the speed within a minute. Ends when three windows in a row were no faster than the best before, after `least`
 * windows and at `most`.
 */
export const untilSettled = async (
  clients: number,
  call: (n: number) => Promise<unknown>,
  onWindow: (perSecond: number) => void,
  { least = 12, most = 24 } = {},
): Promise<void> => {
  let best = 0;
  for (let windows = 0, settled = 0; windows < most && (windows < least || settled < 3); windows++) {
    const { perSecond } = await closedLoop(clients, WINDOW_MS, call);
    onWindow(perSecond);
    settled = perSecond < best * NOISE ? settled + 1 : 0;
    best = Math.max(best, perSecond);
  }
};
