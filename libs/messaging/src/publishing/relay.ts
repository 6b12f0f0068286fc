import { type Database, WorkLoop } from '@crossroads/database';
import {
  type HeldPartitions,
  type Logged,
  logOf,
  type LogName,
  type LogStamper,
  LogTrimmed,
  NeedsNewerVersion,
  StepTaken,
} from '@crossroads/eventsourcing';
import { processLog, traceBatch } from '@crossroads/telemetry';
import { BUNDLED_TOPICS } from '@crossroads/topology';
import type { Broker, CloudEvent } from '../broker/broker.js';
import { bundled } from '../broker/bundle.js';
import { logOpenedEvent } from '../broker/log-opened.js';
import type { TopicSealing } from '../broker/topic-sealing.js';
import { mapEvents, type Mapping, type PublishedLog } from './published-log.js';
import { observeRelay } from './relay-metrics.js';
import { movedPartitions, relayedPartitions, storeSteps } from './relay-steps.js';
import type { RelayedPartition } from './relayed-partition.js';

/** Until leases change, or a partition that failed is tried again. */
const IDLE_MS = 400;
/** So much may be published twice after a crash. */
const STEP_INTERVAL_MS = 250;

export interface RelayOptions extends PublishedLog {
  readonly db: Database;
  readonly stamper: Pick<LogStamper, 'onStamped'>;
  readonly leases: HeldPartitions & {
    /** Gives a partition back until the process restarts. */
    refuse(partition: number): void;
  };
  readonly broker: Pick<Broker, 'publish'>;
  /** URN of this service. */
  readonly source: string;
  /** Seals the events of internal topics. @default nothing is sealed */
  readonly sealing?: Pick<TopicSealing, 'seal'>;
  /** Events of one partition in one batch. @default 500 */
  readonly batchSize?: number;
  /** Milliseconds from one batch to the next. @default 5 */
  readonly paceMs?: number;
  readonly onError: (error: unknown, attempt: number) => void;
}

const BUNDLED: ReadonlySet<string> = new Set(BUNDLED_TOPICS);

interface MappedPartition {
  readonly partition: RelayedPartition;
  readonly mapping: Mapping;
}

/**
 * Publishes the partitions of the log that this process holds, each in its order and at least once: steps are stored up to 250 ms after
 * the broker has acknowledged. A partition that fails does not stop the others.
 */
export class Relay {
  private readonly partitions = new Map<number, RelayedPartition>();
  /** Given back, because of an event that this version does not know. */
  private readonly refused = new Set<number>();
  private readonly loop: WorkLoop;
  private readonly stopListening: () => void;
  private readonly stopObserving: () => void;
  private stepAt = 0;

  constructor(private readonly options: RelayOptions) {
    const { stamper, leases, topics, onError, paceMs = 5 } = options;
    this.loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError, paceMs });
    this.stopListening = stamper.onStamped((events) => this.enqueue(events));
    this.stopObserving = observeRelay({ topics, leases, partitions: this.partitions, refused: this.refused });
    this.loop.start();
  }

  /** Ends after the current batch. */
  async close(): Promise<void> {
    this.stopListening();
    this.stopObserving();
    await this.loop.stop();
    await this.storeSteps().catch(() => undefined);
  }

  private enqueue(events: readonly Logged[]): void {
    for (const event of events) this.partitions.get(event.partition)?.enqueue(event);
    this.loop.wake();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    await this.followLeases(signal);
    const isBusy = await this.publishBatch(signal);
    if (performance.now() >= this.stepAt) await this.storeSteps();
    return isBusy ? 0 : IDLE_MS;
  }

  /** Drops the partitions that are no longer held, and opens those that are held anew. */
  private async followLeases(signal: AbortSignal): Promise<void> {
    const { leases, topics } = this.options;
    const held = leases.held();
    for (const [partition, { token }] of this.partitions)
      if (held.get(partition) !== token) this.partitions.delete(partition);
    const logs = new Set(topics.values());
    const taken = [...held].filter(([partition]) => !this.partitions.has(partition) && logs.has(logOf(partition)));
    if (taken.length === 0) return;
    const opened = await relayedPartitions(this.options, taken);
    await this.announce(opened, signal);
    for (const one of opened) this.partitions.set(one.partition, one);
  }

  private async announce(opened: readonly RelayedPartition[], signal: AbortSignal): Promise<void> {
    const { log, source, leases, topics } = this.options;
    const heads = await log.heads(opened.map(({ partition }) => partition));
    const ids = await log.logIds();
    for (const [topic, name] of topics) {
      const events = opened
        .filter((one) => one.topics.has(topic))
        .map(({ partition, token }) => {
          const head = heads.get(partition) ?? { position: 0n, hash: '' };
          return logOpenedEvent({ source, holder: leases.holder, token, logId: ids.get(name) ?? '', partition, head });
        });
      if (events.length > 0) await this.send(topic, events, signal);
    }
  }

  /** Whether there is more to do at once. */
  private async publishBatch(signal: AbortSignal): Promise<boolean> {
    const { batchSize = 500, topics } = this.options;
    const ready = [...this.partitions.values()].filter((one) => one.isReady());
    await this.read(
      ready.filter((one) => one.needsRead()),
      batchSize,
    );
    const batches = ready
      .map((partition) => ({ partition, events: partition.next(batchSize) }))
      .filter(({ events }) => events.length > 0);
    if (batches.length === 0) return false;
    const mapped = await Promise.all(
      batches.map(async ({ partition, events }) => ({ partition, mapping: await mapEvents(this.options, events) })),
    );
    for (const [topic, name] of topics) await this.publish(topic, name, mapped, signal);
    for (const { partition, mapping } of mapped) {
      partition.advance(mapping);
      if (mapping.error !== undefined) this.failed(partition, mapping.error);
    }
    return ready.some((one) => one.isBusy());
  }

  private async read(partitions: readonly RelayedPartition[], limit: number): Promise<void> {
    if (partitions.length === 0) return;
    for (const one of partitions) one.beginRead();
    try {
      const places = new Map(partitions.map(({ partition, place }) => [partition, place.position]));
      const events = Map.groupBy(await this.options.log.read(places, limit), ({ partition }) => partition);
      for (const one of partitions) {
        const read = events.get(one.partition) ?? [];
        one.addRead(read, read.length < limit);
      }
    } catch (error) {
      for (const one of partitions) one.readFailed();
      if (!(error instanceof LogTrimmed)) throw error;
      this.skipTrimmed(error);
    }
  }

  /** A topic that was added later gets the past as far as it is left. The next link spans what is not. */
  private skipTrimmed({ partition, place }: LogTrimmed): void {
    for (const [topic, from] of this.partitions.get(partition)?.skipTo(place) ?? []) {
      const passed = { topic, partition, after: String(from.position), upTo: String(place.position) };
      processLog().warn('events were archived before they were published', passed);
    }
  }

  private async publish(
    topic: string,
    name: LogName,
    mapped: readonly MappedPartition[],
    signal: AbortSignal,
  ): Promise<void> {
    const { log } = this.options;
    const logId = (await log.logIds()).get(name) ?? '';
    const messages = mapped.flatMap(({ partition, mapping }) => {
      const events = partition.linked(topic, logId, mapping.published);
      return BUNDLED.has(topic) ? bundled(events) : events;
    });
    if (messages.length === 0) return;
    await traceBatch('publish', topic, messages, () => this.send(topic, messages, signal));
  }

  private async send(topic: string, messages: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    const { broker, sealing } = this.options;
    await broker.publish(topic, sealing ? await sealing.seal(topic, messages) : messages, { signal });
  }

  private failed(one: RelayedPartition, error: unknown): void {
    this.options.onError(error, one.failed());
    if (!(error instanceof NeedsNewerVersion)) return;
    this.refused.add(one.partition);
    this.options.leases.refuse(one.partition);
  }

  private async storeSteps(): Promise<void> {
    const moved = movedPartitions(this.partitions.values());
    if (moved.length === 0) return;
    this.stepAt = performance.now() + STEP_INTERVAL_MS;
    try {
      await storeSteps(this.options.db, moved);
    } catch (error) {
      // Another process publishes one of them: all are read again, those that are still held.
      if (error instanceof StepTaken) for (const { partition } of moved) this.partitions.delete(partition);
      throw error;
    }
  }
}
