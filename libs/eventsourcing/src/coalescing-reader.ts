import { type CoalescedOptions, coalesced } from './coalesced.js';
import type { EventStore, Recorded } from './event-store.js';

/** Reads streams. */
export type StreamReader = Pick<EventStore, 'readStreams'>;

/** A reader whose reads share round trips (see `coalesced`). Each read sees everything that was committed before it was asked for. */
export const coalescingReader = (store: StreamReader, options?: CoalescedOptions): StreamReader => ({
  readStreams: coalesced(async (batch: readonly (readonly string[])[]) => {
    const streams = await store.readStreams([...new Set(batch.flat())]);
    return batch.map(
      (streamIds): Map<string, Recorded[]> => new Map(streamIds.map((id) => [id, streams.get(id) ?? []])),
    );
  }, options),
});
