import type { Database, Queryable } from '@crossroads/database';
import {
  type Batch,
  type LogPlace,
  type Place,
  type ReadLog,
  readLogs,
  type ViewSource,
} from '@crossroads/eventsourcing';
import type { GrpcClients } from '@crossroads/grpc';
import { PARTITIONS, type TopicName } from '@crossroads/topology';
import type { CloudEvent } from '../broker/broker.js';
import { placeOfMessage, receivedOf } from '../broker/event-message.js';
import { sourcesOf } from './consumers-of.js';
import { type EventSource, readAfter } from './source-log.js';

/**
 * What this service's consumer of a topic has taken, read again from the publisher (`Events/Read`): for the rebuild of a view that the
 * consumer writes. It never goes beyond the consumer, so that the two can be compared.
 */
export const followedTopic = (topic: TopicName, clients: GrpcClients, db: Database): ViewSource<CloudEvent> => {
  const sources = sourcesOf(topic, clients);
  const partitions = Array.from({ length: PARTITIONS }, (_, n) => n);
  const followed = async (on: Pick<Queryable, 'query'>, some: readonly number[] = partitions) =>
    new Map(single(await readLogs(on, topic, some), topic).map((log) => [log.place.partition, log]));
  const read = (log: ReadLog, after: Place | undefined, limit: number, signal: AbortSignal) =>
    batchesUpTo(sourceOf(sources, log), { topic, upTo: log.place, after, limit }, signal);
  return {
    partitions,
    heads: async () => new Map([...(await followed(db))].map(([partition, { place }]) => [partition, place])),
    batches: async function* (partition, after, limit, signal) {
      const log = (await followed(db, [partition])).get(partition);
      if (log) yield* read(log, after, limit, signal);
    },
    rest: async (tx, places, signal) => {
      const rest: CloudEvent[] = [];
      for (const [partition, log] of await followed(tx))
        for await (const { events } of read(log, places.get(partition), MOST_OF_REST, signal)) rest.push(...events);
      signal.throwIfAborted();
      return rest;
    },
  };
};

/** What comes while the last batch is applied is little. */
const MOST_OF_REST = 5_000;

interface Range {
  readonly topic: string;
  readonly after: Place | undefined;
  /** The place that the consumer has reached. It may lie behind events that are not published. */
  readonly upTo: LogPlace;
  readonly limit: number;
}

const batchesUpTo = async function* (
  source: EventSource,
  { topic, upTo, after, limit }: Range,
  signal: AbortSignal,
): AsyncGenerator<Batch<CloudEvent>> {
  const { logId, partition } = upTo;
  let place: Place = after ?? { position: 0n, hash: '' };
  if (place.position >= upTo.position) return;
  let events: CloudEvent[] = [];
  const from = place.position > 0n ? { after: { logId, partition, ...place } } : {};
  for await (const response of readAfter(source, { topic, partition, ...from }, signal)) {
    if (!response.place) throw new TypeError('a response of Events/Read lacks its place');
    const { position, hash, logId: its } = placeOfMessage(response.place);
    if (its !== logId) throw new Error(`the publisher of ${topic} has another log than the one that was read`);
    if (!response.event || position > upTo.position) break;
    events.push(receivedOf(response, place));
    place = { position, hash };
    if (events.length < limit) continue;
    yield { events, place };
    events = [];
  }
  if (place.position < upTo.position || events.length > 0) yield { events, place: upTo };
};

/** @throws when a partition was read of more than one log: the publisher has only the last one */
const single = (logs: readonly ReadLog[], topic: string): readonly ReadLog[] => {
  const read = logs.filter(({ place }) => place.position > 0n);
  if (new Set(read.map(({ place }) => place.partition)).size < read.length)
    throw new Error(`${topic} was read of several logs, of which the older ones are gone: its views cannot be rebuilt`);
  return read;
};

const sourceOf = (sources: readonly EventSource[], { source: urn }: ReadLog): EventSource => {
  const found = sources.find(({ source }) => source === urn);
  if (!found) throw new Error(`${urn} no longer publishes to the topic`);
  return found;
};
