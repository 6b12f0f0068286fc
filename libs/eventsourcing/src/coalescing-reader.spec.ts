import { describe, expect, it } from '@jest/globals';
import { coalescingReader } from './coalescing-reader.js';
import { MemoryEventStore } from './memory-event-store.js';

const append = (store: MemoryEventStore, streamId: string) =>
  store.append([
    { streamId, streamType: 'thing', expectedRevision: 0n, events: [{ type: 'Made', data: { streamId } }] },
  ]);

describe('a coalescing reader', () => {
  it('gives each caller its own streams, also those that are not there, in one round trip', async () => {
    const store = new MemoryEventStore();
    await append(store, 'a');
    await append(store, 'b');
    const trips: (readonly string[])[] = [];
    const reader = coalescingReader({
      readStreams: (streamIds) => {
        trips.push(streamIds);
        return store.readStreams(streamIds);
      },
    });
    const [one, both, none] = await Promise.all([
      reader.readStreams(['a']),
      reader.readStreams(['a', 'b']),
      reader.readStreams(['c']),
    ]);
    expect([...one.keys()]).toEqual(['a']);
    expect(both.get('b')).toHaveLength(1);
    expect(none.get('c')).toEqual([]);
    expect(trips).toEqual([['a', 'b', 'c']]);
  });

  it('sees what was committed before it was asked, while an earlier read is on its way', async () => {
    const store = new MemoryEventStore();
    const first = Promise.withResolvers<void>();
    let trips = 0;
    const reader = coalescingReader(
      {
        readStreams: async (streamIds) => {
          const read = await store.readStreams(streamIds);
          if (++trips === 1) await first.promise;
          return read;
        },
      },
      { flights: 1 },
    );
    const early = reader.readStreams(['a']);
    await new Promise((resolve) => setImmediate(resolve));
    await append(store, 'a');
    const late = reader.readStreams(['a']);
    first.resolve();
    expect((await early).get('a')).toEqual([]);
    expect((await late).get('a')).toHaveLength(1);
  });

  it('fails for all that shared the trip, and goes on', async () => {
    let fails = true;
    const reader = coalescingReader({
      readStreams: async () => {
        if (fails) throw new Error('away');
        return new Map();
      },
    });
    const failed = await Promise.allSettled([reader.readStreams(['a']), reader.readStreams(['b'])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect((await reader.readStreams(['a'])).get('a')).toEqual([]);
  });
});
