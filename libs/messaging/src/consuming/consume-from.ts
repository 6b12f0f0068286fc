import type { Database } from '@crossroads/database';
import { readLogs } from '@crossroads/eventsourcing';
import { traceBatch } from '@crossroads/telemetry';
import type { Broker, CloudEvent, Consumption } from '../broker/broker.js';
import { retryUntilDone } from '../broker/retry.js';
import { type ConsumerState, logMetrics } from './log-metrics.js';
import { PartitionReader } from './partition-reader.js';
import { portionTaker, type RecordPlaces } from './portions.js';
import type { EventSource } from './source-log.js';

export interface ConsumeFromOptions {
  readonly broker: Pick<Broker, 'consume'>;
  readonly topic: string;
  readonly group: string;
  /** How many partitions the topic must have. @default as many as it has */
  readonly partitions?: number;
  /** The services that publish to the topic. */
  readonly sources: readonly EventSource[];
  /** Opens messages of the broker, in their order, and leaves out what the publisher did not seal: it moves no place. */
  readonly open: (messages: readonly CloudEvent[]) => Promise<CloudEvent[]>;
  /** Where the places are stored. */
  readonly db: Pick<Database, 'query'>;
  /** @default 500 */
  readonly batchSize?: number;
  /**
   * Handles events in one transaction, in which it calls `record` before anything else. They are of several partitions, in the order of
   * each. When it throws, they are taken again, each partition by itself.
   */
  readonly onBatch: (events: readonly CloudEvent[], record: RecordPlaces) => Promise<void>;
  readonly onError?: (error: unknown, attempt: number) => void;
  /** A partition without messages for so long is read from its publishers once more. @default 30 s */
  readonly lookAgainMs?: number;
  /** An event that the publisher has had for so long, and that the broker has not delivered, counts as withheld. @default an hour */
  readonly withheldAfterMs?: number;
}

/** How many partitions catch up from their sources at the same time. */
const CATCHING_UP = 4;

/**
 * Consumes a topic exactly once, however long this consumer was away and whatever the broker still has. Each partition that it gets it
 * first reads from the publishers (`Events/Read`), then from the broker; gaps are filled from the publishers. A publisher whose log was
 * restored to an older state is noticed: the partition stops (`LogForked`). Returns at once.
 */
export const consumeFrom = (options: ConsumeFromOptions): Consumption & ConsumerState => {
  const {
    broker,
    topic,
    group,
    partitions,
    sources,
    open,
    db,
    batchSize = 500,
    onBatch,
    onError = () => undefined,
    lookAgainMs = 30_000,
    withheldAfterMs = 3_600_000,
  } = options;
  const closing = new AbortController();
  const readers = new Map<number, PartitionReader>();
  const take = portionTaker({
    topic,
    take: (events, record) => traceBatch('take', topic, events, () => onBatch(events, record)),
  });
  const limited = limiter(CATCHING_UP);
  const readerOf = (partition: number): PartitionReader | undefined => readers.get(partition);
  const assigned = (partition: number): PartitionReader => {
    const reader =
      readerOf(partition) ??
      new PartitionReader({
        topic,
        partition,
        sources,
        open,
        batchSize,
        readLogs: () => readLogs(db, topic, [partition]),
        take,
        limited,
        metrics: logMetrics(topic),
        onError,
      });
    readers.set(partition, reader);
    if (!closing.signal.aborted) reader.assigned();
    return reader;
  };
  const looking = setInterval(() => {
    for (const reader of readers.values()) {
      reader.lookAgain(lookAgainMs);
      reader.countWithheld(withheldAfterMs);
    }
  }, lookAgainMs).unref();
  const live = retryUntilDone(
    closing.signal,
    () =>
      broker.consume({
        topic,
        group,
        batchSize,
        ...(partitions === undefined ? {} : { partitions }),
        onError,
        onAssigned: (all) => {
          for (const partition of all) assigned(partition);
        },
        onRevoked: (all) => {
          for (const partition of all) readerOf(partition)?.revoked();
        },
        onBatch: async (events, signal) => {
          const partition = events[0]?.partition ?? 0;
          await (readerOf(partition) ?? assigned(partition)).take(events, signal);
        },
      }),
    onError,
  );
  live.catch(() => undefined);
  return {
    forked: () => [...readers.values()].filter(({ isForked }) => isForked).length,
    withheld: () => [...readers.values()].reduce((sum, { withheld }) => sum + withheld, 0),
    lagSeconds: () => Math.max(0, ...[...readers.values()].map((reader) => reader.lagMs(Date.now()))) / 1_000,
    close: async () => {
      closing.abort(new Error('the consumer is closed'));
      clearInterval(looking);
      const ended = (await live.catch(() => undefined))?.close();
      for (const reader of readers.values()) reader.revoked();
      await ended;
    },
  };
};

/** Runs at most `most` works at the same time, the others in the order of the calls. */
const limiter = (most: number) => {
  let free = most;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
};
