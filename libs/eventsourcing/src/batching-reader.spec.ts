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
});
