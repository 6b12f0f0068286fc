import type { Cursor, EventStore, Recorded } from './event-store.js';

/** What leaves the service of a recorded event, and where to; nothing for what stays inside. */
export type Published<Event> = (
  recorded: Recorded,
) => Promise<{ readonly topic: string; readonly event: Event } | undefined>;

export interface ReadPublishedOptions {
  readonly topic: string;
  /** `LOG_START` for everything. */
  readonly after: Cursor;
  /** @default 500 */
  readonly batchSize?: number;
}

/** All that was ever published on a topic after a cursor, in log order. Ends when it has caught up. */
export async function* readPublished<Event>(
  store: Pick<EventStore, 'readLog'>,
  { topic, after, batchSize = 500 }: ReadPublishedOptions,
  published: Published<Event>,
): AsyncGenerator<{ readonly event: Event; readonly cursor: Cursor }, void, void> {
  for (let from = after; ; ) {
    const batch = await store.readLog(from, batchSize);
    for (const recorded of batch) {
      const leaves = await published(recorded);
      if (leaves?.topic === topic) yield { event: leaves.event, cursor: recorded.cursor };
    }
    const last = batch.at(-1);
    if (!last || batch.length < batchSize) return;
    from = last.cursor;
  }
}
