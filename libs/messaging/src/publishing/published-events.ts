import {
  CheckedPlace_Standing as Standing,
  type CheckedPlace,
  type CheckRequest,
  type CheckResponse,
  type Place as PlaceMessage,
  type ReadRequest,
  type ReadResponse,
} from '@crossroads/contracts/events/v1/events_service';
import { type LogName, LogTrimmed, partitionNumber, type Place, topicPartitionOf } from '@crossroads/eventsourcing';
import { FailedPrecondition, InvalidInput, PermissionDenied } from '@crossroads/grpc';
import { mayRead, PARTITIONS } from '@crossroads/topology';
import { messageOf } from '../broker/event-message.js';
import { mapEvents, type PublishedLog } from './published-log.js';

const BATCH_SIZE = 500;
const MAX_PLACES = 1_000;

/** The part of a gRPC call that a read needs. */
interface ReadCall {
  readonly signal: AbortSignal;
  readonly caller: { readonly kind: 'service'; readonly name: string } | { readonly kind: 'institution' };
}

/** The handlers of `EventsService`. */
export interface PublishedEvents {
  read(request: ReadRequest, call: ReadCall): AsyncIterable<ReadResponse>;
  check(request: CheckRequest): Promise<CheckResponse>;
}

/**
 * Serves what the relay publishes, from the first event on and unsealed (the connection is mTLS), to the services that may read the
 * topic from the broker.
 */
export const publishedEvents = (
  published: PublishedLog,
  isReader: (service: string, topic: string) => boolean = mayRead,
): PublishedEvents => ({
  read: ({ topic, partition, after }, { signal, caller }) => {
    if (caller.kind !== 'service' || !isReader(caller.name, topic))
      throw new PermissionDenied('TOPIC_NOT_FOR_CALLER', 'the caller may not read this topic');
    const log = published.topics.get(topic);
    if (log === undefined) throw refusal('topic', 'UNKNOWN_TOPIC', 'this service does not publish this topic');
    return publishedAfter(published, topic, log, requirePartition('partition', partition), after, signal);
  },
  check: async ({ places }) => {
    if (places.length > MAX_PLACES) throw refusal('places', 'TOO_MANY', `at most ${MAX_PLACES} places a call`);
    return { places: await checked(published, places) };
  },
});

const checked = async ({ log }: PublishedLog, places: readonly PlaceMessage[]): Promise<CheckedPlace[]> => {
  const ids = new Map([...(await log.logIds())].map(([name, id]) => [id, name]));
  const asked = places.map(({ logId, partition, position }, index) => {
    const name = ids.get(logId);
    const number = requirePartition(`places[${index}].partition`, partition);
    return name && { name, logId, partition: partitionNumber(name, number), position };
  });
  const known = asked.filter((one) => one !== undefined);
  const heads = await log.heads([...new Set(known.map(({ partition }) => partition))]);
  const hashes = new Map((await log.hashesAt(known)).map((hash, index) => [known[index], hash] as const));
  return asked.map((one, index): CheckedPlace => {
    if (one === undefined) return { standing: Standing.STANDING_OTHER_LOG, head: undefined };
    const head = heads.get(one.partition) ?? { position: 0n, hash: '' };
    const hash = hashes.get(one) ?? null;
    const theirs = places[index]?.hash.toString('hex');
    return {
      standing: standingOf(one.position, head.position, hash, theirs),
      head: placeMessage(one.logId, one.partition, head),
    };
  });
};

const standingOf = (position: bigint, head: bigint, hash: string | null, theirs: string | undefined): Standing => {
  if (position > head) return Standing.STANDING_BEYOND_HEAD;
  if (hash === null) return Standing.STANDING_TRIMMED;
  return hash === theirs ? Standing.STANDING_COMMON : Standing.STANDING_OTHER_HASH;
};

const publishedAfter = async function* (
  published: PublishedLog,
  topic: string,
  name: LogName,
  n: number,
  after: PlaceMessage | undefined,
  signal: AbortSignal,
): AsyncGenerator<ReadResponse> {
  const { log } = published;
  const logId = (await log.logIds()).get(name) ?? '';
  const partition = partitionNumber(name, n);
  let place = await startOf(published, { logId, partition }, after);
  const head = (await log.heads([partition])).get(partition) ?? place;
  while (!signal.aborted && place.position < head.position) {
    const batch = await orTrimmed(logId, log.read(new Map([[partition, place.position]]), BATCH_SIZE));
    const { published: events, last, error } = await mapEvents(published, batch);
    for (const { topic: on, event, at, serial } of events)
      if (on === topic) yield { event: messageOf(event), place: placeMessage(logId, partition, at), serial };
    if (last !== undefined) place = last;
    if (error !== undefined) throw error instanceof Error ? error : new TypeError('the log cannot be mapped');
  }
  yield { event: undefined, place: placeMessage(logId, partition, place), serial: 0n };
};

/** The place to begin at, once it is known to be one of this log. */
const startOf = async (
  { log }: PublishedLog,
  { logId, partition }: { readonly logId: string; readonly partition: number },
  after: PlaceMessage | undefined,
): Promise<Place> => {
  const position = after?.position ?? 0n;
  const [hash] = await log.hashesAt([{ partition, position }]);
  if (after === undefined) return { position, hash: hash ?? '' };
  if (after.logId !== logId) throw forked('the log was created anew');
  const head = (await log.heads([partition])).get(partition);
  if (position > (head?.position ?? 0n)) throw forked('the log ends before this place');
  if (hash === null || hash === undefined) throw trimmed(logId, await log.trimmed(partition, position));
  if (hash !== after.hash.toString('hex')) throw forked('the log has another event at this place');
  return { position, hash };
};

const placeMessage = (logId: string, partition: number, { position, hash }: Place): PlaceMessage => ({
  logId,
  partition: topicPartitionOf(partition),
  position,
  hash: Buffer.from(hash, 'hex'),
});

const requirePartition = (field: string, partition: number): number => {
  if (partition >= PARTITIONS) throw refusal(field, 'OUT_OF_RANGE', `partitions are 0 to ${PARTITIONS - 1}`);
  return partition;
};

const refusal = (field: string, reason: string, description: string): InvalidInput =>
  new InvalidInput({ field, reason, description });

const forked = (message: string): FailedPrecondition =>
  new FailedPrecondition(
    'LOG_FORKED',
    `${message}: it was restored to an older state; see docs/runbooks/log-forked.md`,
  );

/** Names the place after which the log can be read: that before the first event that is left. */
const trimmed = (logId: string, { place }: LogTrimmed): FailedPrecondition =>
  new FailedPrecondition('LOG_TRIMMED', 'what follows this place was archived', {
    metadata: { logId, afterPosition: String(place.position), afterHash: place.hash },
  });

const orTrimmed = <Result>(logId: string, read: Promise<Result>): Promise<Result> =>
  read.catch((error: unknown) => {
    throw error instanceof LogTrimmed ? trimmed(logId, error) : error;
  });
