import { randomUUID } from 'node:crypto';
import { withTimeout } from '@crossroads/configuration';
import type { Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import { backoffMs, pause } from '../broker/retry.js';
import type { CloudEvent, ConsumeOptions, Consumption } from '../broker/broker.js';
import { eventOf } from '../broker/cloud-event-headers.js';
import { kafkaErrorOf } from './kafka-producer.js';
import type { BrokerLog } from '../broker/broker-log.js';

const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_500;
const CLOSE_MS = 9_000;
const DEFAULT_BATCH_SIZE = 500;

/**
 * One consumer of one topic. It commits once the handler has returned; a failing handler pauses its partition and gets the same events
 * again. Without a group it joins one with a random name, commits nothing and keeps its offsets in memory.
 */
export class KafkaConsumption implements Consumption {
  private readonly closing = new AbortController();
  private readonly attempts = new Map<number, number>();
  private readonly offsets = new Map<number, string>();
  private readonly groupId: string;
  private consumer: Consumer | undefined;
  private crashes = 0;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: ConsumeOptions,
    private readonly log: BrokerLog,
  ) {
    this.groupId = options.group ?? `follower.${randomUUID()}`;
  }

  /** Waits in the background for a topic or a broker that is not there yet. @throws when reading is not allowed */
  async start(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (kafkaErrorOf(error)?.endsWith('AUTHORIZATION_FAILED')) {
        await this.consumer?.disconnect().catch(() => undefined);
        throw error;
      }
      this.restarting = this.restart(error);
    }
  }

  private async run(): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 30_000,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 2_000,
        retries: 8,
        restartOnFailure: async () => !this.closing.signal.aborted,
      },
    });
    this.consumer = consumer;
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart) this.restarting = this.restart(error);
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      if (this.options.group !== undefined) return;
      // Nothing was committed: after a rebalance Kafka would start at the first offset.
      for (const [partition, offset] of this.offsets) consumer.seek({ topic: this.options.topic, partition, offset });
    });
    await consumer.connect();
    this.closing.signal.throwIfAborted();
    await consumer.subscribe({ topic: this.options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.eachBatch(consumer, payload),
    });
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the consumer is closed'));
    const ended = (async () => {
      await this.restarting;
      await this.consumer?.stop().catch(() => undefined);
      await this.consumer?.disconnect().catch(() => undefined);
    })();
    await withTimeout(CLOSE_MS, ended).catch(() => undefined);
  }

  /** Starts a new consumer after a backoff when kafkajs has given up, for example because of a missing ACL. */
  private async restart(error: unknown): Promise<void> {
    for (;;) {
      const crashed = this.consumer;
      if (this.closing.signal.aborted) return;
      this.options.onError?.(error, ++this.crashes);
      await pause(backoffMs(this.crashes), this.closing.signal);
      if (this.closing.signal.aborted) return;
      await crashed?.disconnect().catch(() => undefined);
      try {
        await this.run();
        return;
      } catch (failed) {
        this.log('warn', 'consumer not yet back', { topic: this.options.topic, error: failed });
      }
    }
  }

  private async eachBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
    const size = this.options.batchSize ?? DEFAULT_BATCH_SIZE;
    // The handler may take longer than a session. If the membership is lost all the same, the commit fails.
    const heartbeats = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
    try {
      for (let from = 0; from < batch.messages.length; from += size) {
        if (this.closing.signal.aborted || !isRunning() || isStale()) return;
        const messages = batch.messages.slice(from, from + size);
        const last = messages.at(-1);
        if (!last) return;
        if (!(await this.handle(batch.topic, batch.partition, messages))) {
          const resume = payload.pause();
          setTimeout(
            () => !this.closing.signal.aborted && resume(),
            backoffMs(this.attempts.get(batch.partition) ?? 1),
          );
          return;
        }
        this.crashes = 0;
        const offset = (BigInt(last.offset) + 1n).toString();
        this.offsets.set(batch.partition, offset);
        resolveOffset(last.offset);
        if (this.options.group !== undefined)
          await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }]);
      }
    } finally {
      clearInterval(heartbeats);
    }
  }

  private async handle(topic: string, partition: number, messages: readonly KafkaMessage[]): Promise<boolean> {
    try {
      await this.options.onBatch(
        messages.map((message) => received(topic, partition, message)),
        this.closing.signal,
      );
      this.attempts.delete(partition);
      return true;
    } catch (error) {
      if (this.closing.signal.aborted) return false;
      const attempt = (this.attempts.get(partition) ?? 0) + 1;
      this.attempts.set(partition, attempt);
      this.options.onError?.(error, attempt);
      return false;
    }
  }
}

const received = (
  topic: string,
  partition: number,
  { key, value, headers, timestamp, offset }: KafkaMessage,
): CloudEvent => ({
  ...eventOf(textsOf(headers ?? {}), {
    key: key?.toString() ?? '',
    data: value ?? Buffer.alloc(0),
    time: new Date(Number(timestamp)),
    position: `${topic}/${partition}/${offset}`,
  }),
  partition,
});

const textsOf = (headers: IHeaders): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value[0] : value)?.toString()]),
  );
