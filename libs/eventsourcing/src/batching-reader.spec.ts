import { describe, expect, it } from '@jest/globals';
import { BatchingReader } from './batching-reader.js';
import { MemoryEventStore } from './memory-event-store.js';

describe('a batching reader', () => {
  it('gives each caller its own streams, also those that do not exist, by one query', async () => {
    const store = new MemoryEventStore();
    for (const streamId of ['a', 'b'])
      await store.append([
        { streamId, streamType: 'thing', expectedRevision: 0n, events: [{ type: 'Made', data: { streamId } }] },
      ]);
    const queries: (readonly string[])[] = [];
    const reader = new BatchingReader({
      readStreams: (streamIds) => {
        queries.push(streamIds);
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
    expect(queries).toEqual([['a', 'b', 'c']]);
  });

  it('gives each caller the part of a stream that it needs, also when another needs more of it', async () => {
    const store = new MemoryEventStore();
    const events = [1, 2, 3].map((n) => ({ type: 'Made', data: n }));
    for (const streamId of ['a', 'b'])
      await store.append([{ streamId, streamType: 'thing', expectedRevision: 0n, events }]);
    const asked: (ReadonlyMap<string, bigint> | undefined)[] = [];
    const reader = new BatchingReader({
      readStreams: (streamIds, after) => {
        asked.push(after);
        return store.readStreams(streamIds, after);
      },
    });
    const reads = await Promise.all([
      reader.readStreams(['a'], new Map([['a', 2n]])),
      reader.readStreams(['a', 'b'], new Map([['b', 1n]])),
      reader.readStreams(['b'], new Map([['b', 3n]])),
    ]);
    const revisions = reads.map((streams) => [...streams].map(([id, own]) => [id, own.map(({ data }) => data)]));
    expect(revisions).toEqual([
      [['a', [3]]],
      [
        ['a', [1, 2, 3]],
        ['b', [2, 3]],
      ],
      [['b', []]],
    ]);
    expect(asked).toEqual([new Map([['b', 1n]])]);
  });
});
