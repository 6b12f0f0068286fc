import type { Place } from '@crossroads/eventsourcing';

/**
 * A CloudEvents 1.0 event as it travels: attributes in `ce_` headers, protobuf in the value (binary mode).
 * Every broker tool sees headers and keys, so neither holds an SSIN, a name or a birth date.
 */
export interface CloudEvent {
  readonly id: string;
  /** URN of the producer, for example `urn:crossroads:service:exchange`. `source` and `id` together are unique. */
  readonly source: string;
  /** `<service>.<plural resource>.notify.<past participle>`. */
  readonly type: string;
  /** `crossroads.<name>.v<major>`. */
  readonly service: string;
  readonly time: Date;
  /** The Kafka key. */
  readonly key: string;
  /** Revision in its stream, zero-padded to 20 digits. */
  readonly sequence?: string;
  /** The topic's partition, from 0. Absent before it is published: then it follows from the key. */
  readonly partition?: number;
  /** Where it stands in its publisher's log; absent for events that come from no log. */
  readonly place?: EventPlace;
  readonly traceparent?: string;
  /** Set when `data` is sealed: the id of the key; header `ce_sealingkeyid`. */
  readonly sealingKeyId?: string;
  /** @default application/protobuf */
  readonly contentType?: string;
  readonly data: Uint8Array;
}

/** Headers `ce_log`, `ce_position`, `ce_hash`, `ce_serial`, `ce_prev`, `ce_prevhash`. The log's partition is the topic's. */
export interface EventPlace extends Place {
  /** UUID of the log. */
  readonly logId: string;
  /** Drawn at the insert: orders the events of different partitions causally; has holes. */
  readonly serial: bigint;
  /** The link: the place of the message before it on the same topic and partition, or the beginning of the log. */
  readonly previous: Place;
}

export interface TopicOptions {
  readonly name: string;
  /** Fixed when the topic is created: a key keeps its partition. @default 1 */
  readonly partitions?: number;
  readonly retentionDays: number;
}

export interface TopicEvents {
  readonly topic: string;
  readonly events: readonly CloudEvent[];
}

export interface PublishOptions {
  /** Ends the retries; whether the last attempt was written is then unknown. */
  readonly signal?: AbortSignal;
}

export interface ConsumeOptions {
  readonly topic: string;
  /** How many partitions the topic must have. With another number nothing is consumed, and `onError` gets `WrongPartitions`. */
  readonly partitions?: number;
  /**
   * The processes of a group share the partitions of a topic; ACLs restrict the groups of institutions. Without a group, every process
   * gets everything from the beginning.
   */
  readonly group?: string;
  /** @default 500 */
  readonly batchSize?: number;
  /**
   * Handles a batch of one partition, in order. Batches of different partitions are handled concurrently. When it throws, its partition
   * is paused and the batch delivered again with backoff (100 ms doubling to 10 s) until it succeeds; the others go on. Nothing is
   * skipped, but an event may come again: offsets are committed every two seconds, so keep your own place. `signal` aborts on close.
   */
  readonly onBatch: (events: readonly CloudEvent[], signal: AbortSignal) => Promise<void>;
  /**
   * Awaited before any event of these partitions is handed over, and retried with backoff. After a rebalance it is also called for
   * partitions that were this consumer's before: another may have had them in between.
   */
  readonly onAssigned?: (partitions: readonly number[]) => Promise<void> | void;
  /** These partitions may now be another's. A batch that is still being handled is handed over there, too. Must not throw. */
  readonly onRevoked?: (partitions: readonly number[]) => void;
  /** Called after each failed attempt. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

export interface Consumption {
  /** Ends after the current batches, or after 10 s. */
  close(): Promise<void>;
}

/** Delivers at least once, in order per partition. Implemented on Kafka and on a log in PostgreSQL; both pass `broker.contract.ts`. */
export interface Broker {
  readonly kind: 'kafka' | 'embedded';
  /**
   * Creates the topic when it is absent.
   * @returns its number of partitions
   * @throws WrongPartitions
   */
  ensureTopic(options: TopicOptions): Promise<number>;
  /** The topic's number of partitions; undefined when there is no such topic. @throws BrokerUnavailable */
  partitionsOf(topic: string): Promise<number | undefined>;
  /**
   * Resolves when all are durable, in the given order for each partition: the one that an event names, else that of its key. Retries
   * while the broker is away, until `signal` aborts or the broker is closed; after a failure some events may be there twice.
   * @throws NoSuchPartition when an event names a partition that the topic does not have
   */
  publish(topic: string, events: readonly CloudEvent[], options?: PublishOptions): Promise<void>;
  /**
   * The same for several topics, with as few requests as their sizes allow. When it fails, any of them may be there: publish each on its
   * own then, so that one topic does not hold the others up.
   */
  publishAll(batches: readonly TopicEvents[], options?: PublishOptions): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Whether it answers within two seconds. Never throws. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/** A topic has another number of partitions than its log: events of one key would lie in two of them. */
export class WrongPartitions extends Error {
  override readonly name = 'WrongPartitions';

  constructor(
    readonly topic: string,
    readonly actual: number,
    readonly required: number,
  ) {
    super(
      `topic ${topic} has ${actual} partitions, but needs ${required}: the number cannot be changed later; delete the topic once its ` +
        'readers have read it, and it is created anew, or correct the number where the topic is declared (charts/mesh)',
    );
  }
}

/** @throws WrongPartitions */
export const requirePartitions = (topic: string, actual: number, required: number): void => {
  if (actual !== required) throw new WrongPartitions(topic, actual, required);
};

/** An event names a partition that the topic does not have. */
export class NoSuchPartition extends Error {
  override readonly name = 'NoSuchPartition';
}

/** @throws NoSuchPartition */
export const requirePartitionOf = (topic: string, partition: number, partitions: number): void => {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions)
    throw new NoSuchPartition(`an event names partition ${partition}, but topic ${topic} has 0 to ${partitions - 1}`);
};

/** The broker did not answer for as long as a caller waits. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  /** `libs/grpc` answers UNAVAILABLE for errors with this property. */
  readonly outage = true;
}
