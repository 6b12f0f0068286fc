import { encodeCursor, type Recorded } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** A stored event as it is published on one topic. */
export interface Publication {
  readonly topic: string;
  /** The relay adds the cursor and seals. */
  readonly event: Omit<CloudEvent, 'cursor' | 'sealingKeyId'>;
}

/**
 * Maps a stored event to what others may see of it. At most one event a topic, since a reader resumes after its cursor. It is called
 * again when an event is published again, and must return the same id.
 */
export type Published = (
  recorded: Recorded,
) => Publication | readonly Publication[] | undefined | Promise<Publication | readonly Publication[] | undefined>;

export interface PublicationOf {
  readonly topic: string;
  /** URN of this service. */
  readonly source: string;
  readonly type: string;
  readonly service: string;
  readonly key: string;
  readonly data: Uint8Array;
}

/** The usual publication: id, time, sequence and trace are those of the stored event. */
export const publicationOf = (recorded: Recorded, { topic, ...rest }: PublicationOf): Publication => {
  const traceparent = recorded.metadata['traceparent'];
  return {
    topic,
    event: {
      ...rest,
      id: recorded.id,
      time: recorded.recordedAt,
      sequence: recorded.revision.toString().padStart(20, '0'),
      ...(typeof traceparent === 'string' ? { traceparent } : {}),
    },
  };
};

/** What a stored event is published as, with its cursor. */
export const publicationsOf = async (
  published: Published,
  recorded: Recorded,
): Promise<{ readonly topic: string; readonly event: CloudEvent }[]> => {
  const answer = await published(recorded);
  if (answer === undefined) return [];
  const publications = 'topic' in answer ? [answer] : answer;
  if (new Set(publications.map(({ topic }) => topic)).size < publications.length)
    throw new TypeError(`${recorded.type} is published twice on one topic: a reader could resume between the two`);
  const cursor = encodeCursor(recorded.cursor);
  return publications.map(({ topic, event }) => ({ topic, event: { ...event, cursor } }));
};
