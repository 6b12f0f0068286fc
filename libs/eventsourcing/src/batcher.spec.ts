import { describe, expect, it } from '@jest/globals';
import { Batcher } from './batcher.js';

const eventLoopTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Doubles numbers, and notes the batches; each waits for what `until` returns. */
const doubling = (until: () => Promise<unknown> = async () => undefined, options = {}) => {
  const batches: (readonly number[])[] = [];
  const batcher = new Batcher(async (numbers: readonly number[]) => {
    batches.push(numbers);
    await until();
    return numbers.map((number) => number * 2);
  }, options);
  return { batches, load: (number: number) => batcher.load(number) };
};

describe('a batcher', () => {
  it('loads what is asked in one turn of the event loop together, and gives each caller its own value', async () => {
    const { batches, load } = doubling();
    expect(await Promise.all([load(1), load(2), load(1)])).toEqual([2, 4, 2]);
    expect(batches).toEqual([[1, 2, 1]]);
  });

  it('dispatches no batch that is larger than maxBatchSize', async () => {
    const { batches, load } = doubling(undefined, { maxBatchSize: 2 });
    await Promise.all([1, 2, 3, 4, 5].map(load));
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('collects while maxInFlight batches are in flight, and loads anew what is asked again', async () => {
    const first = Promise.withResolvers<void>();
    const { batches, load } = doubling(() => first.promise, { maxInFlight: 1 });
    const early = load(1);
    await eventLoopTurn();
    const late = [load(1), load(2)];
    await eventLoopTurn();
    expect(batches).toEqual([[1]]);
    first.resolve();
    expect(await Promise.all([early, ...late])).toEqual([2, 2, 4]);
    expect(batches).toEqual([[1], [1, 2]]);
  });

  it('rejects all loads of a batch that fails, and goes on', async () => {
    let fails = true;
    const { load } = doubling(async () => {
      if (fails) throw new Error('away');
    });
    const failed = await Promise.allSettled([load(1), load(2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect(await load(1)).toBe(2);
  });

  it('lets a batch function fail one load alone', async () => {
    const batcher = new Batcher(async (keys: readonly string[]) =>
      keys.map((key) => (key === 'bad' ? Promise.reject(new Error('bad')) : Promise.resolve(key))),
    );
    const settled = await Promise.allSettled([batcher.load('good'), batcher.load('bad')]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('rejects when the batch function returns another number of values', async () => {
    const batcher = new Batcher(async () => [1]);
    await expect(Promise.all([batcher.load('a'), batcher.load('b')])).rejects.toThrow('2 keys, but 1 values');
  });
});
