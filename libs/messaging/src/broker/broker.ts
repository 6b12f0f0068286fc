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
  /** The publisher's log cursor, as `<transaction id>:<position>`; header `ce_cursor`. */
  readonly cursor?: string;
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
  /** Leave it at one where consumers follow by cursor (`consumeFrom`): cursors order one partition. @default 1 */
  readonly partitions?: number;
  readonly retentionDays: number;
  /** Certificate subjects (`CN=…,O=…`) that may read it, besides the mesh's own services. */
  readonly readers?: readonly string[];
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
  /** Kafka's consumer group; ACLs restrict those of institutions. Without one, every process gets everything from the beginning. */
  readonly group?: string;
  /** @default 500 */
  readonly batchSize?: number;
  /**
   * Handles a batch of one partition, in order. The offset is committed once it returns. When it throws, the batch is delivered
   * again with backoff (100 ms doubling to 10 s) until it succeeds: nothing is skipped. `signal` aborts on close.
   */
  readonly onBatch: (events: readonly CloudEvent[], signal: AbortSignal) => Promise<void>;
  /** Called after each failed attempt. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

export interface Consumption {
  /** Ends after the current batch, or after 10 s. */
  close(): Promise<void>;
}

/** Delivers at least once, in order per key. Implemented on Kafka and on a log in PostgreSQL; both pass `broker.contract.ts`. */
export interface Broker {
  readonly kind: 'kafka' | 'embedded';
  /** Creates the topic when it is absent, and allows its readers in any case. */
  ensureTopic(options: TopicOptions): Promise<void>;
  /**
   * Resolves when all are durable, in the given order for each key. Retries while the broker is away, until `signal` aborts or
   * the broker is closed; after a failure some events may be there twice.
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

/** The broker did not answer for as long as a caller waits. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  /** `libs/grpc` answers UNAVAILABLE for errors with this property. */
  readonly outage = true;
}
