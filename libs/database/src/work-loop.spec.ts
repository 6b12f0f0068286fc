import { afterEach, describe, expect, it } from '@jest/globals';
import { WorkLoop, type WorkLoopOptions } from './work-loop.js';

const HOUR_MS = 3_600_000;

describe('a loop of work', () => {
  let loop: WorkLoop;
  let begun: number[];
  let failures: number[];
  let next: PromiseWithResolvers<void>;

  afterEach(() => loop.stop());

  /** Starts a loop; `pass` gets the number of the pass, from 1. */
  const start = (
    pass: (n: number, signal: AbortSignal) => number | Promise<number>,
    options: Partial<WorkLoopOptions> = {},
  ) => {
    [begun, failures, next] = [[], [], Promise.withResolvers()];
    loop = new WorkLoop({
      backoffMs: { min: 1, max: 4 },
      onError: (_, attempt) => failures.push(attempt),
      ...options,
      pass: async (signal) => {
        begun.push(performance.now());
        next.resolve();
        next = Promise.withResolvers();
        return pass(begun.length, signal);
      },
    });
    loop.start();
  };
  const passes = async (n: number): Promise<void> => {
    while (begun.length < n) await next.promise;
  };
  const pauseBefore = (n: number): number => (begun[n - 1] ?? 0) - (begun[n - 2] ?? 0);

  it('goes on at once while there is more to do', async () => {
    start((n) => (n < 100 ? 0 : HOUR_MS));
    await passes(100);
  });

  it('pauses as long as the pass says', async () => {
    start((n) => (n === 1 ? 50 : HOUR_MS));
    await passes(2);
    expect(pauseBefore(2)).toBeGreaterThanOrEqual(49);
  });

  it('goes on when it is woken in a pause', async () => {
    start(() => HOUR_MS);
    await passes(1);
    await new Promise(setImmediate);
    loop.wake();
    await passes(2);
  });

  it('goes on after a pass in which it was woken, once', async () => {
    start((n) => {
      if (n === 1) for (let times = 0; times < 3; times++) loop.wake();
      return HOUR_MS;
    });
    await passes(2);
    await new Promise(setImmediate);
    expect(begun).toHaveLength(2);
  });

  it('keeps its pace, woken or not', async () => {
    start((n) => (n < 4 ? 0 : HOUR_MS), { paceMs: 30 });
    for (let n = 2; n <= 4; n++) {
      loop.wake();
      await passes(n);
      expect(pauseBefore(n)).toBeGreaterThanOrEqual(29);
    }
  });

  it('goes on after a failure, with growing pauses that no wake-up ends', async () => {
    start(
      (n) => {
        loop.wake();
        if (n <= 4) throw new Error('no');
        return HOUR_MS;
      },
      { backoffMs: { min: 20, max: 40 } },
    );
    await passes(5);
    expect(failures).toEqual([1, 2, 3, 4]);
    for (const [index, ms] of [20, 40, 40, 40].entries()) expect(pauseBefore(index + 2)).toBeGreaterThanOrEqual(ms - 1);
  });

  it('begins with short pauses again after a pass that succeeded', async () => {
    start((n) => {
      if (n % 2 === 1 && n < 6) throw new Error('no');
      return n < 6 ? 0 : HOUR_MS;
    });
    await passes(6);
    expect(failures).toEqual([1, 1, 1]);
  });

  it('never does two passes at once', async () => {
    let [under, most] = [0, 0];
    start(async (n) => {
      most = Math.max(most, ++under);
      loop.start();
      loop.wake();
      await new Promise(setImmediate);
      under--;
      return n < 20 ? 0 : HOUR_MS;
    });
    await passes(20);
    expect(most).toBe(1);
  });

  it.each([
    ['in a pause', () => HOUR_MS, {}],
    [
      'in the pause after a failure',
      () => Promise.reject(new Error('no')),
      { backoffMs: { min: HOUR_MS, max: HOUR_MS } },
    ],
    ['in the pause that keeps its pace', () => 0, { paceMs: HOUR_MS }],
  ])('stops at once %s', async (_, pass, options) => {
    start(pass, options);
    await passes(1);
    await new Promise(setImmediate);
    await loop.stop();
    loop.wake();
    loop.start();
    await new Promise(setImmediate);
    expect(begun).toHaveLength(1);
  });

  it('ends the pass that is under way when it is stopped, which is no failure', async () => {
    let ended = false;
    start(async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise(setImmediate);
      ended = true;
      signal.throwIfAborted();
      return 0;
    });
    await passes(1);
    await loop.stop();
    expect({ ended, failures }).toEqual({ ended: true, failures: [] });
  });
});
