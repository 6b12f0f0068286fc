import type { EventStore, Recorded } from './event-store.js';

/** Reads streams. */
export type StreamReader = Pick<EventStore, 'readStreams'>;

interface Asked {
  readonly streamIds: readonly string[];
  readonly resolve: (streams: Map<string, Recorded[]>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads asked for in the same turn of the event loop share one round trip, and so do those that come while one is on its
 * way and there are `flights` of them already: the busier the process, the fewer queries a read costs. Each read sees
 * everything that was committed before it was asked for.
 */
export const coalescingReader = (store: StreamReader, flights = 2): StreamReader => {
  let waiting: Asked[] = [];
  let flying = 0;
  let planned = false;

  const fly = async (): Promise<void> => {
    planned = false;
    if (flying === flights || waiting.length === 0) return;
    const asked = waiting;
    waiting = [];
    flying++;
    try {
      const streams = await store.readStreams([...new Set(asked.flatMap(({ streamIds }) => streamIds))]);
      for (const { streamIds, resolve } of asked)
        resolve(new Map(streamIds.map((streamId) => [streamId, streams.get(streamId) ?? []])));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    } finally {
      flying--;
      plan();
    }
  };
  const plan = () => {
    if (planned || waiting.length === 0) return;
    planned = true;
    setImmediate(() => void fly());
  };
  return {
    readStreams: (streamIds) =>
      new Promise((resolve, reject) => {
        waiting.push({ streamIds, resolve, reject });
        plan();
      }),
  };
};
