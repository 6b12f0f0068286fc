import { NeedsNewerVersion, type Recorded, type Upcasters, upcast } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** A stored event as it is published on one topic. */
export interface Publication {
  readonly topic: string;
  /** The relay adds partition and place, and seals. */
  readonly event: Omit<CloudEvent, 'partition' | 'place' | 'sealingKeyId'>;
}

type Mapped = Publication | readonly Publication[] | undefined;

/**
 * Maps a stored event to what others may see of it; nothing when the person was erased. At most one event a topic, since a reader resumes
 * after its place. It is called again when an event is published again, and must return the same id.
 */
export type Publish = (recorded: Recorded) => Mapped | Promise<Mapped>;

/** Events of this type stay inside. */
export const NOT_PUBLISHED = 'not published';

/**
 * Every type of event in the log of a service. A process that meets another one, written by a newer version, does not pass it over: it
 * gives the partition back.
 */
export type PublishedTypes = Readonly<Record<string, Publish | typeof NOT_PUBLISHED>>;

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

/** What a stored event is published as. @throws NeedsNewerVersion */
export const publicationsOf = async (
  types: PublishedTypes,
  stored: Recorded,
  upcasters: Upcasters = {},
): Promise<readonly Publication[]> => {
  const publish = Object.hasOwn(types, stored.type) ? types[stored.type] : undefined;
  if (publish === undefined) throw new NeedsNewerVersion(stored);
  const recorded = upcast({ [stored.type]: [], ...upcasters }, stored);
  const mapped = publish === NOT_PUBLISHED ? undefined : await publish(recorded);
  if (mapped === undefined) return [];
  const publications = 'topic' in mapped ? [mapped] : mapped;
  if (new Set(publications.map(({ topic }) => topic)).size < publications.length)
    throw new TypeError(`${recorded.type} is published twice on one topic: a reader could resume between the two`);
  return publications;
};
