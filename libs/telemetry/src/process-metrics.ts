import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { observe } from './metrics.js';

const NANOSECONDS = 1e9;
/** Sampling interval of the event loop's delay. Each sample wakes the process; at 20 ms that took half a percent of its CPU. */
const RESOLUTION = 200;

/** Reports the saturation of this process. Returns the function that ends it. */
export const observeProcess = (): (() => void) => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  let before = performance.eventLoopUtilization();
  const endings = [
    observe('crossroads.event_loop.utilization.ratio', () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    }),
    observe('crossroads.event_loop.delay.seconds', () => {
      const p99 = delay.percentile(99) / NANOSECONDS;
      delay.reset();
      // The histogram includes the interval itself.
      return Math.max(0, p99 - RESOLUTION / 1_000);
    }),
    observe('crossroads.resident_memory.bytes', () => process.memoryUsage.rss()),
  ];
  return () => {
    delay.disable();
    for (const end of endings) end();
  };
};
