import { withTimeout } from '@crossroads/configuration';
import kafkajs, { type ICustomPartitioner, type Kafka, type Message, type Producer, type TopicMessages } from 'kafkajs';
import { retryUntilDone } from '../broker/retry.js';
import {
  type CloudEvent,
  NoSuchPartition,
  requirePartitionOf,
  type TopicEvents,
  WrongPartitions,
} from '../broker/broker.js';
import { headersOf } from '../broker/cloud-event-headers.js';
import type { BrokerLog } from '../broker/broker-log.js';
import { countFailures } from '../broker/publish-failures.js';

// Node sees only some of the names that this CommonJS module exports.
const { CompressionTypes, KafkaJSProtocolError, Partitioners } = kafkajs;

// One record batch, which holds events of one partition: below the broker's default limit of 1 MiB, unless one event alone is larger.
const MAX_BATCH_BYTES = 900_000;
const MAX_BATCH_EVENTS = 2_000;
/** One request, with a record batch for each partition of each topic. */
const MAX_REQUEST_BYTES = 8_000_000;
const HEADER_BYTES = 1_000;
const CLOSE_MS = 5_000;
/** How long a broker waits for its replicas: less than a request may take. */
const ACKS_MS = 6_000;
/** Broker errors that no retry solves; `publish` throws them. (A relay retries even these, in case an ACL is still to be created.) */
const PERMANENT = /TOO_LARGE|AUTHORIZATION_FAILED|INVALID_TOPIC/;

/**
 * Publishes with retries, each of them of the whole request: events may then be there twice, but none is skipped. kafkajs must not retry
 * by itself. It leaves out brokers that have answered, also for partitions that another broker has led until then: when a leader was
 * killed, their events were reported as published and never sent. (So the producer cannot be idempotent, which asks for its retries.)
 */
export class KafkaProducer {
  private producer: Promise<Producer> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly kafka: Kafka,
    private readonly log: BrokerLog,
  ) {}

  async publish(topic: string, events: readonly CloudEvent[], signal?: AbortSignal): Promise<void> {
    const until = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal;
    for (const messages of requestsOf(events)) {
      await retryUntilDone(
        until,
        () => countFailures(topic, this.send(topic, messages)),
        (error, attempt) => this.log('warn', 'not published yet, retrying', { topic, attempt, error: causeOf(error) }),
        isRefused,
      );
    }
  }

  /** Small batches share requests: a request for each of many topics would wait for those before it. */
  async publishAll(batches: readonly TopicEvents[], signal?: AbortSignal): Promise<void> {
    const until = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal;
    for (const { topic, events } of batches.filter((one) => !isSmall(one))) await this.publish(topic, events, signal);
    for (const request of sharedRequests(batches.filter(isSmall)))
      await retryUntilDone(
        until,
        () => this.sendAll(request),
        (error, attempt) =>
          this.log('warn', 'not published yet, retrying', { topics: request.length, attempt, error: causeOf(error) }),
        isRefused,
      );
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the broker is closed'));
    const producer = await this.producer?.catch(() => undefined);
    if (producer) await withTimeout(CLOSE_MS, producer.disconnect()).catch(() => undefined);
  }

  private send(topic: string, messages: Message[]): Promise<void> {
    return this.sendAll([{ topic, messages }]);
  }

  private async sendAll(topicMessages: TopicMessages[]): Promise<void> {
    this.producer ??= this.connect();
    const used = this.producer;
    try {
      const producer = await used;
      await producer.sendBatch({ topicMessages, acks: -1, timeout: ACKS_MS, compression: CompressionTypes.None });
    } catch (error) {
      if (this.producer === used) {
        this.producer = undefined;
        void used.then((producer) => producer.disconnect()).catch(() => undefined);
      }
      throw error;
    }
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      createPartitioner: partitionerOf,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 0 },
    });
    try {
      await producer.connect();
    } catch (error) {
      // The connection may be open although the producer was refused.
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    return producer;
  }
}

/** The partition that the event names, else Kafka's default; a topic of one partition needs no hash of the key. */
const partitionerOf: ICustomPartitioner = () => {
  const byKey = Partitioners.DefaultPartitioner();
  return (message) => {
    const { topic, partitionMetadata } = message;
    const { partition } = message.message;
    if (typeof partition === 'number') {
      requirePartitionOf(topic, partition, partitionMetadata.length);
      return partition;
    }
    const [only, another] = partitionMetadata;
    return only && !another ? only.partitionId : byKey(message);
  };
};

/** Splits events into requests of which no record batch is too large, in their order. */
export const requestsOf = function* (events: readonly CloudEvent[]): Generator<Message[]> {
  let request: Message[] = [];
  let size = 0;
  // An event that names no partition may go to any: they are counted as those of one more partition.
  const batches = new Map<number | undefined, { bytes: number; events: number }>();
  for (const event of events) {
    const bytes = event.data.length + HEADER_BYTES;
    const batch = batches.get(event.partition);
    const isFull = batch && (batch.bytes + bytes > MAX_BATCH_BYTES || batch.events >= MAX_BATCH_EVENTS);
    if (request.length > 0 && (isFull || size + bytes > MAX_REQUEST_BYTES)) {
      yield request;
      [request, size] = [[], 0];
      batches.clear();
    }
    const open = batches.get(event.partition) ?? { bytes: 0, events: 0 };
    batches.set(event.partition, { bytes: open.bytes + bytes, events: open.events + 1 });
    size += bytes;
    request.push({
      key: event.key,
      value: bufferOf(event.data),
      headers: headersOf(event),
      timestamp: String(event.time.getTime()),
      ...(event.partition === undefined ? {} : { partition: event.partition }),
    });
  }
  if (request.length > 0) yield request;
};

const sizeOf = (events: readonly CloudEvent[]): number =>
  events.reduce((bytes, { data }) => bytes + data.length + HEADER_BYTES, 0);

const isSmall = ({ events }: TopicEvents): boolean =>
  events.length <= MAX_BATCH_EVENTS && sizeOf(events) <= MAX_BATCH_BYTES;

const sharedRequests = function* (batches: readonly TopicEvents[]): Generator<TopicMessages[]> {
  let request: TopicMessages[] = [];
  let bytes = 0;
  for (const { topic, events } of batches) {
    const size = sizeOf(events);
    if (request.length > 0 && bytes + size > MAX_REQUEST_BYTES) {
      yield request;
      [request, bytes] = [[], 0];
    }
    for (const messages of requestsOf(events)) request.push({ topic, messages });
    bytes += size;
  }
  if (request.length > 0) yield request;
};

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const isRefused = (error: unknown): boolean =>
  PERMANENT.test(kafkaErrorOf(error) ?? '') ||
  causeOf(error) instanceof NoSuchPartition ||
  error instanceof WrongPartitions;

/** Kafka's name of an error (`MESSAGE_TOO_LARGE`), also when kafkajs has wrapped it. */
export const kafkaErrorOf = (error: unknown): string | undefined => {
  const cause = causeOf(error);
  return cause instanceof KafkaJSProtocolError ? cause.type : undefined;
};

const causeOf = (error: unknown): unknown => {
  let cause = error;
  for (let depth = 0; depth < 5; depth++) {
    if (!(cause instanceof Error) || cause instanceof KafkaJSProtocolError || cause.cause === undefined) break;
    cause = cause.cause;
  }
  return cause;
};
