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
  readonly traceparent?: string;
  /** Set when `data` is sealed: the id of the key; header `ce_sealingkeyid`. */
  readonly sealingKeyId?: string;
  /** @default application/protobuf */
  readonly contentType?: string;
  readonly data: Uint8Array;
}

export interface TopicOptions {
  readonly name: string;
  /** Leave it at one where consumers follow by cursor (`consumeFrom`): cursors order one partition. @default 1 */
  readonly partitions?: number;
  readonly retentionDays: number;
  /** Certificate subjects (`CN=…,O=…`) that may read it, besides the mesh's own services. */
  readonly readers?: readonly string[];
}

export interface PublishOptions {
  /** Ends the trying; what was being written may then be there or not. */
  readonly signal?: AbortSignal;
}

export interface ConsumeOptions {
  readonly topic: string;
  /** Kafka's consumer group; checked by ACL for outsiders. Absent: no group, every process gets everything from the beginning. */
  readonly group?: string;
  /** @default 500 */
  readonly batchSize?: number;
  /**
   * Handles a batch of one partition, in order. The offset is committed once it returns. When it throws, the batch comes
   * again with back-off (100 ms doubling to 10 s), for as long as it takes: nothing is skipped. `signal` ends on close.
   */
  readonly onBatch: (events: readonly CloudEvent[], signal: AbortSignal) => Promise<void>;
  /** Told of each failed attempt; defaults to nothing. */
  readonly onError?: (error: unknown, attempt: number) => void;
}

export interface Consumption {
  /** Ends after the batch in hand, within 10 s. */
  close(): Promise<void>;
}

/** At least once, in order per key. Implemented on Kafka and on a log in PostgreSQL; both pass `broker.contract.ts`. */
export interface Broker {
  readonly kind: 'kafka' | 'embedded';
  /** Makes the topic and its ACL when absent; adds readers when it is there. */
  ensureTopic(options: TopicOptions): Promise<void>;
  /**
   * Resolves when all are durable, in the order given for each key. Goes on trying while the broker is away, until `signal`
   * or `close`; after a failure on the way some may be there twice.
   */
  publish(topic: string, events: readonly CloudEvent[], options?: PublishOptions): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Whether it answers within two seconds. Never throws. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/** The broker is away for longer than a caller is made to wait. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  /** What `libs/grpc` answers UNAVAILABLE for. */
  readonly outage = true;
}
