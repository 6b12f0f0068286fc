import { answersInTime, withTimeout } from '@crossroads/configuration';
import { migrateSchemas, prepareSchemas } from '@crossroads/database';
import { Pool } from 'pg';
import { retryUntilDone } from '../broker/retry.js';
import {
  type Broker,
  type CloudEvent,
  type ConsumeOptions,
  type Consumption,
  NoSuchPartition,
  type PublishOptions,
  requirePartitionOf,
  requirePartitions,
  type TopicEvents,
  type TopicOptions,
} from '../broker/broker.js';
import { headersOf } from '../broker/cloud-event-headers.js';
import { EmbeddedConsumption } from './embedded-consumption.js';
import { APPEND } from './append.js';
import { CREATE_TOPIC } from './create-topic.js';
import { partitionOfKey } from './partition-of-key.js';
import { embeddedLogMigrations } from './embedded-log.migration.js';
import { type BrokerLog, redacting } from '../broker/broker-log.js';
import { countFailures } from '../broker/publish-failures.js';

export interface EmbeddedOptions {
  /** A PostgreSQL database for the log alone, under a role that owns nothing there. */
  readonly url: string;
  readonly log?: BrokerLog;
}

const MAX_CHUNK_EVENTS = 1_000;
const SWEEP_INTERVAL_MS = 3_600_000;
const CLOSE_MS = 5_000;

/**
 * A broker for machines without Kafka: a log in PostgreSQL. The readers of a topic are not checked, since only the services of
 * the mesh can reach it.
 */
export const openEmbeddedBroker = async (options: EmbeddedOptions): Promise<Broker> => {
  const log = redacting(options.log);
  const pool = new Pool({ connectionString: options.url, max: 4, allowExitOnIdle: true });
  pool.on('error', (error) => log('warn', 'the embedded log lost a connection', { error }));
  try {
    await prepareSchemas([schemaOf(options.url)], { say: (...said) => log('info', ...said), withinMs: 60_000 });
  } catch (error) {
    await pool.end();
    throw error;
  }
  return new EmbeddedBroker(options.url, pool, log);
};

/** Makes the tables of the embedded log, and grants the role of `url` what brokers do; they wait for it. */
export const migrateEmbeddedLog = (url: string, migratorUrl: string): Promise<void> =>
  migrateSchemas([schemaOf(url, migratorUrl)]);

const schemaOf = (url: string, migratorUrl?: string) => ({ url, migratorUrl, migrations: embeddedLogMigrations });

class EmbeddedBroker implements Broker {
  readonly kind = 'embedded';
  private readonly closing = new AbortController();
  private readonly consumptions = new Set<EmbeddedConsumption>();
  private readonly sweeper: NodeJS.Timeout;
  /** Of the topics published to before: their numbers do not change. */
  private readonly partitions = new Map<string, number>();

  constructor(
    private readonly url: string,
    private readonly pool: Pool,
    private readonly log: BrokerLog,
  ) {
    this.sweeper = setInterval(() => void this.deleteExpired(), SWEEP_INTERVAL_MS).unref();
  }

  async ensureTopic({ name, partitions = 1, retentionDays }: TopicOptions): Promise<number> {
    await this.pool.query(CREATE_TOPIC, [name, retentionDays, partitions]);
    await this.deleteExpired();
    const actual = (await this.partitionsOf(name)) ?? partitions;
    requirePartitions(name, actual, partitions);
    return actual;
  }

  async partitionsOf(topic: string): Promise<number | undefined> {
    const { rows } = await this.pool.query<{ partitions: number }>(
      'select partitions from bus.topics where name = $1',
      [topic],
    );
    return rows[0]?.partitions;
  }

  async publish(topic: string, events: readonly CloudEvent[], { signal }: PublishOptions = {}): Promise<void> {
    const until = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal;
    for (let from = 0; from < events.length; from += MAX_CHUNK_EVENTS) {
      const chunk = events.slice(from, from + MAX_CHUNK_EVENTS);
      await retryUntilDone(
        until,
        () => countFailures(topic, this.append(topic, chunk)),
        (error, attempt) => this.log('warn', 'not published yet, retrying', { topic, attempt, error }),
        (error) => error instanceof NoSuchPartition,
      );
    }
  }

  async publishAll(batches: readonly TopicEvents[], options?: PublishOptions): Promise<void> {
    for (const { topic, events } of batches) await this.publish(topic, events, options);
  }

  async consume(options: ConsumeOptions): Promise<Consumption> {
    const consumption = new EmbeddedConsumption(this.url, options, this.log);
    this.consumptions.add(consumption);
    return {
      close: async () => {
        this.consumptions.delete(consumption);
        await consumption.close();
      },
    };
  }

  ready(): Promise<boolean> {
    return answersInTime(this.pool.query('select 1'));
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    this.closing.abort(new Error('the broker is closed'));
    await Promise.all([...this.consumptions].map((consumption) => consumption.close()));
    await withTimeout(CLOSE_MS, this.pool.end()).catch(() => undefined);
  }

  private async append(topic: string, events: readonly CloudEvent[]): Promise<void> {
    const partitions = this.partitions.get(topic) ?? (await this.partitionsOf(topic));
    if (partitions === undefined) throw new Error(`no topic ${topic}`);
    this.partitions.set(topic, partitions);
    for (const { partition } of events) if (partition !== undefined) requirePartitionOf(topic, partition, partitions);
    const { rows } = await this.pool.query<{ added: number }>(APPEND, [
      topic,
      events.map(({ partition, key }) => partition ?? partitionOfKey(key, partitions)),
      events.map(({ key }) => key),
      events.map((event) => JSON.stringify(headersOf(event))),
      events.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    ]);
    if (rows[0]?.added === events.length) return;
    this.partitions.delete(topic);
    throw new Error(`topic ${topic} has lost a partition`);
  }

  private async deleteExpired(): Promise<void> {
    await this.pool
      .query(
        `delete from bus.messages using bus.topics
         where messages.topic = topics.name and published_at < now() - retention_days * interval '1 day'`,
      )
      .then(() => this.pool.query("delete from bus.members where expires_at < now() - interval '1 hour'"))
      .catch((error: unknown) => this.log('warn', 'expired events not deleted yet', { error }));
  }
}
