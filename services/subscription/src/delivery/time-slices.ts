import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 5;

/** Divides long work, so that calls, heartbeats and other partitions are served in between. */
export class TimeSlices {
  private began = performance.now();

  async next(): Promise<void> {
    if (performance.now() - this.began < SLICE_MS) return;
    await setImmediate();
    this.began = performance.now();
  }
}
