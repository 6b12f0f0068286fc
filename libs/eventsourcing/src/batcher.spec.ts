import { type CallContext, callContext, inCallContext, NobodyWaits } from '@crossroads/configuration';
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

  describe('that stops with calls', () => {
    /** A call whose caller can leave. */
    const someCall = () => {
      let cancelled = false;
      const call: CallContext = {
        lane: 'online',
        deadline: Number.POSITIVE_INFINITY,
        get isCancelled() {
          return cancelled;
        },
        onCancel: () => () => undefined,
      };
      const leave = () => {
        cancelled = true;
      };
      return { call, leave };
    };

    it('leaves out a load whose caller left before the batch began', async () => {
      const { batches, load } = doubling(undefined, { stopsWithCalls: true });
      const { call, leave } = someCall();
      const left = inCallContext(call, () => load(1));
      const other = load(2);
      leave();
      await expect(left).rejects.toThrow(NobodyWaits);
      expect(await other).toBe(4);
      expect(batches).toEqual([[2]]);
    });

    it('rejects a load whose caller left meanwhile, and gives the others their values', async () => {
      const loaded = Promise.withResolvers<void>();
      const { batches, load } = doubling(() => loaded.promise, { stopsWithCalls: true });
      const { call, leave } = someCall();
      const left = inCallContext(call, () => load(1));
      const other = load(2);
      await eventLoopTurn();
      leave();
      loaded.resolve();
      await expect(left).rejects.toThrow(NobodyWaits);
      expect(await other).toBe(4);
      expect(batches).toEqual([[1, 2]]);
    });

    it('loads for the call of all its loads, or for none', async () => {
      const contexts: (CallContext | undefined)[] = [];
      const batcher = new Batcher(
        async (keys: readonly number[]) => {
          contexts.push(callContext());
          return keys;
        },
        { stopsWithCalls: true },
      );
      const { call } = someCall();
      await inCallContext(call, () => Promise.all([batcher.load(1), batcher.load(2)]));
      await Promise.all([inCallContext(call, () => batcher.load(1)), batcher.load(2)]);
      expect(contexts).toEqual([call, undefined]);
    });
  });
});
