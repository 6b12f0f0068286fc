import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { observe } from './metrics.js';

const NANOSECONDS = 1e9;
/** Milliseconds between two looks at how late timers are: each wakes the process, which at 20 cost it half a percent. */
const RESOLUTION = 200;

/** Saturation of this process. Gives what ends it. */
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
      // The histogram counts the pause itself, too.
      return Math.max(0, p99 - RESOLUTION / 1_000);
    }),
    observe('crossroads.resident_memory.bytes', () => process.memoryUsage.rss()),
  ];
  return () => {
    delay.disable();
    for (const end of endings) end();
  };
};
