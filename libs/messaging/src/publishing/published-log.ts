import type { Logged, LogName, LogReader, Place, Upcasters } from '@crossroads/eventsourcing';
import { topicPartitionOf } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';
import { type PublishedTypes, publicationsOf } from './publication.js';

/** What a service publishes of its log. */
export interface PublishedLog {
  readonly log: LogReader;
  readonly types: PublishedTypes;
  /** Of the types that have had another schema. */
  readonly upcasters?: Upcasters;
  /** The topics, each with the log whose events it gets. */
  readonly topics: ReadonlyMap<string, LogName>;
}

/** A published event with its position, before it is linked to the one before it. */
export interface PublishedEvent {
  readonly topic: string;
  readonly event: Omit<CloudEvent, 'place'>;
  readonly at: Place;
  readonly serial: bigint;
}

/** The publications of events of one partition, in order, and the error at which it ended. The last place is that of the last mapped event. */
export interface Mapping {
  readonly published: readonly PublishedEvent[];
  readonly last: Place | undefined;
  readonly error: unknown;
}

/** Maps concurrently, so that reads and unsealings of several events are batched. */
export const mapEvents = async (
  { types, upcasters }: Pick<PublishedLog, 'types' | 'upcasters'>,
  events: readonly Logged[],
): Promise<Mapping> => {
  const mapped = await Promise.allSettled(events.map((event) => publicationsOf(types, event, upcasters)));
  const failed = mapped.findIndex(({ status }) => status === 'rejected');
  const known = failed < 0 ? events : events.slice(0, failed);
  const failure = mapped[failed];
  return {
    published: known.flatMap((recorded, index) => {
      const result = mapped[index];
      if (result?.status !== 'fulfilled') return [];
      return result.value.map(({ topic, event }) => ({
        topic,
        event: { ...event, partition: topicPartitionOf(recorded.partition) },
        at: recorded.place,
        serial: recorded.serial,
      }));
    }),
    last: known.at(-1)?.place,
    error: failure?.status === 'rejected' ? failure.reason : undefined,
  };
};
