import type { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { type Cursor, type EventStore, encodeCursor, parseCursor, Rejection } from '@crossroads/eventsourcing';
import { mayRead } from '@crossroads/topology';
import { messageOf } from '../broker/event-message.js';
import { type Published, publicationsOf } from './publication.js';

const BATCH_SIZE = 500;

/** The reasons with which a read is rejected. */
export type EventsReason = 'INVALID_CURSOR' | 'TOPIC_NOT_FOR_CALLER';

/** The part of a gRPC call that a read needs. */
interface ReadCall {
  readonly signal: AbortSignal;
  readonly caller: { readonly kind: 'service'; readonly name: string } | { readonly kind: 'institution' };
}

/** The handlers of `EventsService`. */
export interface PublishedEvents {
  read(request: ReadRequest, call: ReadCall): AsyncIterable<ReadResponse>;
}

/**
 * Serves what the relay publishes, from the first event on and unsealed (the connection is mTLS), to the services that may read the
 * topic from the broker.
 */
export const publishedEvents = (
  store: Pick<EventStore, 'readLog'>,
  published: Published,
  isReader: (service: string, topic: string) => boolean = mayRead,
): PublishedEvents => ({
  read: ({ topic, afterCursor }, { signal, caller }) => {
    if (caller.kind !== 'service' || !isReader(caller.name, topic))
      throw new Rejection('TOPIC_NOT_FOR_CALLER', 'the caller may not read this topic');
    const after = parseCursor(afterCursor);
    if (!after)
      throw new Rejection('INVALID_CURSOR', 'after_cursor is the cursor of an event of this service, or empty');
    return publishedAfter(store, published, topic, after, signal);
  },
});

const publishedAfter = async function* (
  store: Pick<EventStore, 'readLog'>,
  published: Published,
  topic: string,
  after: Cursor,
  signal: AbortSignal,
): AsyncGenerator<ReadResponse> {
  for (let cursor = after; !signal.aborted; ) {
    const batch = await store.readLog(cursor, BATCH_SIZE);
    for (const recorded of batch) {
      for (const publication of await publicationsOf(published, recorded)) {
        if (publication.topic === topic)
          yield { cursor: encodeCursor(recorded.cursor), event: messageOf(publication.event) };
      }
    }
    const last = batch.at(-1);
    if (!last) return;
    cursor = last.cursor;
  }
};
