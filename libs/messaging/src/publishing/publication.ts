import { encodeCursor, type Recorded } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** What becomes of one stored event on one topic. */
export interface Publication {
  readonly topic: string;
  /** `cursor` is added by who publishes. */
  readonly event: Omit<CloudEvent, 'cursor' | 'sealingKeyId'>;
}

/**
 * A service's `published.ts`: what of its log others may see. At most one event a topic for each stored one, since a
 * reader resumes after a cursor. Asked again at each repetition, it must give the same id.
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

/** The usual publication: id, time and sequence are those of the stored event, and its trace goes along. */
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

/** The events that a stored one becomes, with its cursor. */
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
