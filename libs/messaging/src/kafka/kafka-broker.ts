import { answersInTime } from '@crossroads/configuration';
import type { Admin, Kafka } from 'kafkajs';
import { retryUntilDone } from '../broker/retry.js';
import {
  type Broker,
  BrokerUnavailable,
  type CloudEvent,
  type ConsumeOptions,
  type Consumption,
  type PublishOptions,
  requirePartitions,
  type TopicEvents,
  type TopicOptions,
} from '../broker/broker.js';
import { type KafkaOptions, kafkaClient } from './kafka-client.js';
import { KafkaConsumption } from './kafka-consumption.js';
import { isRefused, kafkaErrorOf, KafkaProducer } from './kafka-producer.js';
import { topicConfigOf } from './topic-config.js';
import { type BrokerLog, redacting } from '../broker/broker-log.js';

const START_MS = 60_000;
const ADMIN_MS = 10_000;

/**
 * Connects to Kafka, once it answers and its group coordinator has loaded.
 * @throws when no broker answered within a minute
 */
export const openKafkaBroker = async (options: KafkaOptions): Promise<Broker> => {
  const log = redacting(options.log);
  const kafka = kafkaClient(options, log);
  const admin = kafka.admin({ retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 } });
  try {
    await retryUntilDone(
      AbortSignal.timeout(START_MS),
      async () => {
        await admin.connect();
        await admin.fetchOffsets({ groupId: `${options.clientId}.start` });
      },
      (error, attempt) => log('info', 'Kafka is not ready yet', { attempt, error }),
    );
  } catch (error) {
    await admin.disconnect().catch(() => undefined);
    throw new Error(`Kafka did not answer within a minute at ${options.brokers.join(', ')}`, { cause: error });
  }
  return new KafkaBroker(kafka, admin, log);
};

class KafkaBroker implements Broker {
  readonly kind = 'kafka';
  private readonly producer: KafkaProducer;
  private readonly consumptions = new Set<KafkaConsumption>();
  private describing: Promise<unknown> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    private readonly log: BrokerLog,
  ) {
    this.producer = new KafkaProducer(kafka, log);
  }

  async ensureTopic(options: TopicOptions): Promise<number> {
    const { name, partitions = 1, retentionDays } = options;
    const configEntries = topicConfigOf(retentionDays);
    return this.administer(async () => {
      // False when the topic exists: its settings are left as an administrator may have changed them.
      const isNew = await this.admin.createTopics({
        waitForLeaders: true,
        topics: [{ topic: name, numPartitions: partitions, replicationFactor: -1, configEntries }],
      });
      const actual = isNew ? partitions : ((await this.describe(name)) ?? partitions);
      requirePartitions(name, actual, partitions);
      return actual;
    });
  }

  partitionsOf(topic: string): Promise<number | undefined> {
    return this.administer(() => this.describe(topic));
  }

  private async describe(topic: string): Promise<number | undefined> {
    try {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length;
    } catch (error) {
      if (kafkaErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }

  /** Retries while a new topic has no leader or the broker is away. @throws BrokerUnavailable after ten seconds */
  private async administer<Result>(work: () => Promise<Result>): Promise<Result> {
    const log = (error: unknown, attempt: number) =>
      this.log('warn', 'not administered yet, retrying', { attempt, error });
    try {
      return await retryUntilDone(AbortSignal.timeout(ADMIN_MS), work, log, isRefused);
    } catch (error) {
      throw isRefused(error) ? error : new BrokerUnavailable('Kafka does not answer', { cause: error });
    }
  }

  publish(topic: string, events: readonly CloudEvent[], { signal }: PublishOptions = {}): Promise<void> {
    return this.producer.publish(topic, events, signal);
  }

  publishAll(batches: readonly TopicEvents[], { signal }: PublishOptions = {}): Promise<void> {
    return this.producer.publishAll(batches, signal);
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    const consumption = new KafkaConsumption(this.kafka, options, (topic) => this.partitionsOf(topic), this.log);
    this.consumptions.add(consumption);
    await consumption.start();
    return {
      close: async () => {
        this.consumptions.delete(consumption);
        await consumption.close();
      },
    };
  }

  ready(): Promise<boolean> {
    // One request at a time: kafkajs keeps retrying a request after its caller has timed out.
    this.describing ??= this.admin.describeCluster().finally(() => {
      this.describing = undefined;
    });
    return answersInTime(this.describing);
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.close()));
    await this.producer.close();
    await this.admin.disconnect().catch(() => undefined);
  }
}
