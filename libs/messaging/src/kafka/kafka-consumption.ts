import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { withTimeout } from '@crossroads/configuration';
import type { Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import { PARTITIONS } from '@crossroads/topology';
import { backoffMs, pause, retryUntilDone } from '../broker/retry.js';
import { type CloudEvent, type ConsumeOptions, type Consumption, requirePartitions } from '../broker/broker.js';
import { eventOf } from '../broker/cloud-event-headers.js';
import { kafkaErrorOf } from './kafka-producer.js';
import type { BrokerLog } from '../broker/broker-log.js';

const SESSION_MS = 6_000;
const HEARTBEAT_MS = 1_500;
/** How long a rebalance waits for members that are still handling a batch. */
const REBALANCE_MS = 10_000;
const COMMIT_MS = 2_000;
const CLOSE_MS = 9_000;
const DEFAULT_BATCH_SIZE = 500;

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

/**
 * One consumer of one topic; it handles its partitions concurrently. A failing handler pauses its partition and gets the same events again.
 *
 * Offsets are committed for all partitions at once, every two seconds, before a rebalance and on close. A commit for each batch would wait
 * on the connection that fetches, and with it every partition. Without a group it joins one with a random name, commits nothing and keeps
 * its offsets in memory.
 */
export class KafkaConsumption implements Consumption {
  private readonly closing = new AbortController();
  private readonly attempts = new Map<number, number>();
  /** The next offset of each partition that was handled since the last rebalance; without a group, since the start. */
  private readonly offsets = new Map<number, string>();
  private readonly committed = new Map<number, string>();
  private readonly handling = new Map<number, Promise<boolean>>();
  private readonly groupId: string;
  private consumer: Consumer | undefined;
  private commitOffsets: Commit | undefined;
  private readonly committing: NodeJS.Timeout;
  private assigned: {
    readonly partitions: readonly number[];
    readonly ready: Promise<void>;
    readonly over: AbortController;
  };
  private crashes = 0;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: ConsumeOptions,
    private readonly partitionsOf: (topic: string) => Promise<number | undefined>,
    private readonly log: BrokerLog,
  ) {
    this.groupId = options.group ?? `follower.${randomUUID()}`;
    this.assigned = { partitions: [], ready: Promise.resolve(), over: new AbortController() };
    this.committing = setInterval(() => void this.commit(), COMMIT_MS).unref();
  }

  /** Waits in the background for a topic or a broker that is not there yet. @throws when reading is not allowed */
  async start(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (kafkaErrorOf(error)?.endsWith('AUTHORIZATION_FAILED')) {
        clearInterval(this.committing);
        await this.consumer?.disconnect().catch(() => undefined);
        throw error;
      }
      this.restarting = this.restart(error);
    }
  }

  private async run(): Promise<void> {
    await this.requirePartitions();
    const consumer = this.kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_MS,
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
    consumer.on(consumer.events.REBALANCING, () => {
      // It is sent before the request to join, on the same connection.
      void this.commit();
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
      this.reassign(consumer, memberAssignment[this.options.topic] ?? []);
    });
    await consumer.connect();
    this.closing.signal.throwIfAborted();
    await consumer.subscribe({ topic: this.options.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  /** @throws WrongPartitions; an error when there is no such topic */
  private async requirePartitions(): Promise<void> {
    const { topic, partitions } = this.options;
    if (partitions === undefined) return;
    const actual = await this.partitionsOf(topic);
    if (actual === undefined) throw new Error(`there is no topic ${topic} yet`);
    requirePartitions(topic, actual, partitions);
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the consumer is closed'));
    clearInterval(this.committing);
    const ended = (async () => {
      await this.restarting;
      await Promise.all(this.handling.values());
      await this.commit();
      await this.consumer?.stop().catch(() => undefined);
      await this.consumer?.disconnect().catch(() => undefined);
    })();
    await withTimeout(CLOSE_MS, ended).catch(() => undefined);
    this.revoke();
  }

  /** Starts a new consumer after a backoff when kafkajs has given up, for example because of a missing ACL. */
  private async restart(error: unknown): Promise<void> {
    let reason = error;
    for (;;) {
      const crashed = this.consumer;
      if (this.closing.signal.aborted) return;
      this.options.onError?.(reason, ++this.crashes);
      await pause(backoffMs(this.crashes), this.closing.signal);
      if (this.closing.signal.aborted) return;
      await crashed?.disconnect().catch(() => undefined);
      try {
        await this.run();
        return;
      } catch (failed) {
        reason = failed;
        this.log('warn', 'consumer not yet back', { topic: this.options.topic, error: failed });
      }
    }
  }

  /** A rebalance takes all partitions from all members, and gives them out anew. */
  private reassign(consumer: Consumer, partitions: readonly number[]): void {
    this.revoke();
    if (this.options.group === undefined) {
      // Nothing was committed: after a rebalance Kafka would start at the first offset.
      for (const [partition, offset] of this.offsets) consumer.seek({ topic: this.options.topic, partition, offset });
    } else {
      this.offsets.clear();
      this.committed.clear();
    }
    const over = new AbortController();
    const until = AbortSignal.any([over.signal, this.closing.signal]);
    const ready = retryUntilDone(
      until,
      async () => {
        if (partitions.length > 0) await this.options.onAssigned?.(partitions);
      },
      (error, attempt) => this.options.onError?.(error, attempt),
    );
    ready.catch(() => undefined);
    this.assigned = { partitions, ready, over };
  }

  private revoke(): void {
    const { partitions, over } = this.assigned;
    over.abort(new Error('the partitions were given out anew'));
    this.assigned = { partitions: [], ready: Promise.resolve(), over };
    if (partitions.length > 0) this.options.onRevoked?.(partitions);
  }

  /** Best effort: what is not committed is delivered again. Kafka refuses what a member commits that has left the group. */
  private async commit(): Promise<void> {
    if (this.options.group === undefined || !this.commitOffsets) return;
    const handled = [...this.offsets].filter(([partition, offset]) => this.committed.get(partition) !== offset);
    if (handled.length === 0) return;
    const partitions = handled.map(([partition, offset]) => ({ partition, offset }));
    try {
      await this.commitOffsets({ topics: [{ topic: this.options.topic, partitions }] });
      for (const [partition, offset] of handled)
        if (this.offsets.get(partition) === offset) this.committed.set(partition, offset);
    } catch (error) {
      this.log('info', 'offsets not committed', { topic: this.options.topic, error });
    }
  }

  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, isRunning, isStale } = payload;
    const size = this.options.batchSize ?? DEFAULT_BATCH_SIZE;
    this.commitOffsets = payload.commitOffsetsIfNecessary;
    const { ready } = this.assigned;
    // A handler may take longer than a session. When the group rebalances, no more of what was fetched is handled: the group waits for it.
    const rejoining = new AbortController();
    const heartbeats = setInterval(() => void payload.heartbeat().catch(() => rejoining.abort()), HEARTBEAT_MS);
    const mustEnd = () => this.closing.signal.aborted || rejoining.signal.aborted || !isRunning() || isStale();
    try {
      // One after another, also when kafkajs has fetched a partition anew while its events were still being handled.
      await this.handling.get(batch.partition);
      await settledOrAborted(ready, rejoining.signal);
      for (let from = 0; from < batch.messages.length; from += size) {
        if (mustEnd() || this.assigned.ready !== ready) return;
        const messages = batch.messages.slice(from, from + size);
        const last = messages.at(-1);
        if (!last) return;
        const handled = this.handle(batch.topic, batch.partition, messages);
        this.handling.set(batch.partition, handled);
        const succeeded = await handled;
        if (this.handling.get(batch.partition) === handled) this.handling.delete(batch.partition);
        if (!succeeded) {
          const resume = payload.pause();
          setTimeout(
            () => !this.closing.signal.aborted && resume(),
            backoffMs(this.attempts.get(batch.partition) ?? 1),
          );
          return;
        }
        this.crashes = 0;
        // A rebalance in between: the offset is no longer this member's to set.
        if (this.assigned.ready !== ready) return;
        this.offsets.set(batch.partition, (BigInt(last.offset) + 1n).toString());
        resolveOffset(last.offset);
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

const settledOrAborted = async (promise: Promise<unknown>, signal: AbortSignal): Promise<void> => {
  const settled = promise.catch(() => undefined);
  await (signal.aborted ? undefined : Promise.race([settled, once(signal, 'abort')]));
};

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
