import type { ReadRequest, ReadResponse } from '@crossroads/contracts/events/v1/events_service';
import { type Cursor, type EventStore, encodeCursor, parseCursor, Rejection } from '@crossroads/eventsourcing';
import { mayRead } from '@crossroads/topology';
import { messageOf } from '../broker/event-message.js';
import { type Published, publicationsOf } from './publication.js';

const READ_AT_ONCE = 500;

/** With what codes does a server answer these. */
export type EventsReason = 'INVALID_CURSOR' | 'TOPIC_NOT_FOR_CALLER';

/** What of a call of the gRPC library is needed. */
interface ReadCall {
  readonly signal: AbortSignal;
  readonly caller: { readonly kind: 'service'; readonly name: string } | { readonly kind: 'institution' };
}

/** Implements `Serves<typeof EventsServiceService>` of the gRPC library. */
export interface EventsController {
  read(request: ReadRequest, call: ReadCall): AsyncIterable<ReadResponse>;
}

/**
 * Serves the same mapping as the relay publishes, from the beginning and unsealed (the connection is mTLS), to who may read the
 * topic on the bus.
 */
export const eventsController = (
  store: Pick<EventStore, 'readLog'>,
  published: Published,
  isReader: (service: string, topic: string) => boolean = mayRead,
): EventsController => ({
  read: ({ topic, afterCursor }, { signal, caller }) => {
    if (caller.kind !== 'service' || !isReader(caller.name, topic))
      throw new Rejection('TOPIC_NOT_FOR_CALLER', 'this topic is not for this caller');
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
    const batch = await store.readLog(cursor, READ_AT_ONCE);
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
