import { randomUUID } from 'node:crypto';
import { LogOpened } from '@crossroads/contracts/events/v1/log_opened';
import type { Database } from '@crossroads/database';
import {
  NeedsNewerVersion,
  type HeldPartitions,
  lastSteps,
  type Logged,
  logOf,
  type LogStamper,
  LogTrimmed,
  partitionsOf,
  type Place,
  StepTaken,
  takeSteps,
  topicPartitionOf,
  Waiter,
} from '@crossroads/eventsourcing';
import { observe, processLog, traceBatch } from '@crossroads/telemetry';
import { BUNDLED_TOPICS } from '@crossroads/topology';
import type { Broker, CloudEvent } from '../broker/broker.js';
import { bundled } from '../broker/bundle.js';
import type { TopicSealing } from '../broker/topic-sealing.js';
import { mapEvents, type Mapping, type PublishedEvent, type PublishedLog } from './published-log.js';

/** Until leases change, or a partition that failed is tried again. */
const IDLE_MS = 400;
/** So much may be published twice after a crash. */
const STEP_INTERVAL_MS = 250;
/** Stamped events that wait in memory for a partition; beyond it they are read from the log again. */
const MAX_WAITING = 2_000;
const BACKOFF_MS = { min: 100, max: 5_000 };

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

/** How far one topic has come in one partition. */
interface TopicPlace {
  readonly reader: string;
  /** The position of the last stored step. */
  stored: bigint;
  /** The last event that was mapped, published on this topic or not. */
  place: Place;
  /** The last event that was published on this topic. */
  linked: Place;
}

/** A partition that this process holds. */
interface Lane {
  readonly partition: number;
  readonly token: bigint;
  readonly topics: ReadonlyMap<string, TopicPlace>;
  /** Stamped events that follow directly on each other. */
  waiting: Logged[];
  /** Whether the log has events after the place that are not among those waiting. */
  behind: boolean;
  failures: number;
  retryAt: number;
}

const BUNDLED: ReadonlySet<string> = new Set(BUNDLED_TOPICS);
const OPENED = 'crossroads.events.v1.logs.notify.opened';

/** Reader of the relay in `es.steps`. */
export const relayOf = (topic: string): string => `relay ${topic}`;

/**
 * Publishes the partitions of the log that this process holds, each in its order and at least once: steps are stored up to 250 ms after
 * the broker has acknowledged. A partition that fails does not stop the others.
 */
export class Relay {
  private readonly lanes = new Map<number, Lane>();
  /** Given back, because of an event that this version does not know. */
  private readonly refused = new Set<number>();
  private readonly waiter = new Waiter();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private readonly stops: (() => unknown)[];
  private stepAt = 0;
  private nextBatch = 0;

  constructor(private readonly options: RelayOptions) {
    this.stops = [
      options.stamper.onStamped((events) => this.enqueue(events)),
      observe('crossroads.relay.lag.seconds', () => this.lagByTopic()),
      observe('crossroads.log.needs_newer_version', () => this.refused.size),
      observe('crossroads.log.partitions_held', () =>
        (['main', 'journal'] as const).map((log) => ({
          value: [...options.leases.held().keys()].filter((partition) => logOf(partition) === log).length,
          of: { log },
        })),
      ),
    ];
    this.running = this.run();
  }

  /** Ends after the current batch. */
  async close(): Promise<void> {
    this.stopping.abort(new Error('the relay is closed'));
    this.waiter.wake();
    for (const stop of this.stops) stop();
    await this.running;
  }

  private enqueue(events: readonly Logged[]): void {
    for (const event of events) {
      const lane = this.lanes.get(event.partition);
      if (lane === undefined) continue;
      const last = lane.waiting.at(-1)?.place.position ?? placeOf(lane).position;
      if (!lane.behind && event.place.position === last + 1n && lane.waiting.length < MAX_WAITING)
        lane.waiting.push(event);
      else lane.behind = true;
    }
    this.waiter.wake();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; ) {
      try {
        const early = this.nextBatch - performance.now();
        if (early > 0) await this.waiter.pause(early, signal);
        this.nextBatch = performance.now() + (this.options.paceMs ?? 5);
        await this.followLeases();
        const isBusy = await this.publishBatch();
        await this.storeSteps();
        attempt = 0;
        if (!isBusy) await this.waiter.wait(IDLE_MS);
      } catch (error) {
        if (signal.aborted) break;
        this.options.onError(error, ++attempt);
        await this.waiter.pause(Math.min(BACKOFF_MS.min * 2 ** (attempt - 1), BACKOFF_MS.max), signal);
      }
    }
    await this.storeSteps(true).catch(() => undefined);
  }

  /** Drops the partitions that are no longer held, and opens those that are held anew. */
  private async followLeases(): Promise<void> {
    const { leases, topics } = this.options;
    const held = leases.held();
    for (const [partition, { token }] of this.lanes) if (held.get(partition) !== token) this.lanes.delete(partition);
    const logs = new Set(topics.values());
    const taken = [...held].filter(([partition]) => !this.lanes.has(partition) && logs.has(logOf(partition)));
    if (taken.length > 0) await this.open(taken);
  }

  private async open(taken: readonly (readonly [partition: number, token: bigint])[]): Promise<void> {
    const { db, log, topics } = this.options;
    const partitions = taken.map(([partition]) => partition);
    const heads = await log.heads(partitions);
    const seeds = await log.hashesAt(partitions.map((partition) => ({ partition, position: 0n })));
    const begins = new Map(partitions.map((partition, n) => [partition, { position: 0n, hash: seeds[n] ?? '' }]));
    const lanes = taken.map(([partition, token]) => ({ partition, token, topics: new Map<string, TopicPlace>() }));
    for (const [topic, name] of topics) {
      const own = lanes.filter(({ partition }) => logOf(partition) === name);
      const steps = await lastSteps(
        db,
        relayOf(topic),
        own.map(({ partition }) => partition),
      );
      for (const lane of own) {
        const step = steps.get(lane.partition);
        const begin = begins.get(lane.partition) ?? { position: 0n, hash: '' };
        const place = step?.place ?? begin;
        const linked = step?.linked ?? begin;
        lane.topics.set(topic, { reader: relayOf(topic), stored: place.position, place, linked });
      }
    }
    await this.announce(lanes, heads);
    for (const lane of lanes)
      this.lanes.set(lane.partition, { ...lane, waiting: [], behind: true, failures: 0, retryAt: 0 });
  }

  /** Tells the readers where the log stands, so that they notice one that was restored before they take more from it. */
  private async announce(
    lanes: readonly Pick<Lane, 'partition' | 'token' | 'topics'>[],
    heads: ReadonlyMap<number, Place>,
  ): Promise<void> {
    const { broker, log, source, leases, topics } = this.options;
    const ids = await log.logIds();
    for (const [topic, name] of topics) {
      const events = lanes
        .filter((lane) => lane.topics.has(topic))
        .map(({ partition, token }): CloudEvent => {
          const head = heads.get(partition) ?? { position: 0n, hash: '' };
          const opened = {
            holder: leases.holder,
            token,
            head: {
              logId: ids.get(name) ?? '',
              partition: topicPartitionOf(partition),
              position: head.position,
              hash: Buffer.from(head.hash, 'hex'),
            },
          };
          return {
            id: randomUUID(),
            source,
            type: OPENED,
            service: 'crossroads.events.v1',
            time: new Date(),
            key: leases.holder,
            partition: topicPartitionOf(partition),
            data: LogOpened.encode(opened).finish(),
          };
        });
      if (events.length > 0) await broker.publish(topic, events, { signal: this.stopping.signal });
    }
  }

  /** Whether there is more to do at once. */
  private async publishBatch(): Promise<boolean> {
    const { batchSize = 500 } = this.options;
    const ready = [...this.lanes.values()].filter(({ retryAt }) => retryAt <= performance.now());
    await this.readBehind(ready, batchSize);
    const batches = ready
      .filter(({ waiting }) => waiting.length > 0)
      .map((lane) => ({ lane, events: lane.waiting.slice(0, batchSize) }));
    if (batches.length === 0) return false;
    const mapped = await Promise.all(
      batches.map(async ({ lane, events }) => ({ lane, mapping: await mapEvents(this.options, events) })),
    );
    for (const [topic, name] of this.options.topics) await this.publish(topic, name, mapped);
    for (const { lane, mapping } of mapped) this.advance(lane, mapping);
    return ready.some(({ waiting, behind, retryAt }) => (waiting.length > 0 || behind) && retryAt === 0);
  }

  /** Reads the log for partitions that are behind, and have nothing waiting. */
  private async readBehind(lanes: readonly Lane[], limit: number): Promise<void> {
    const behind = lanes.filter((lane) => lane.behind && lane.waiting.length === 0);
    if (behind.length === 0) return;
    // What is stamped from now on may not be in the answer.
    for (const lane of behind) lane.behind = false;
    try {
      const places = new Map(behind.map((lane) => [lane.partition, placeOf(lane).position]));
      const events = Map.groupBy(await this.options.log.read(places, limit), ({ partition }) => partition);
      for (const lane of behind) {
        const read = events.get(lane.partition) ?? [];
        const [last, next] = [read.at(-1)?.place.position, lane.waiting[0]?.place.position];
        const joins = next === undefined || last === undefined || next === last + 1n;
        lane.waiting = joins ? [...read, ...lane.waiting] : read;
        if (!joins || read.length === limit) lane.behind = true;
      }
    } catch (error) {
      for (const lane of behind) lane.behind = true;
      if (!(error instanceof LogTrimmed)) throw error;
      this.skipTrimmed(error);
    }
  }

  /** A topic that was added later gets the past as far as it is left. The next link spans what is not. */
  private skipTrimmed({ partition, place }: LogTrimmed): void {
    for (const [topic, at] of this.lanes.get(partition)?.topics ?? []) {
      if (at.place.position >= place.position) continue;
      const passed = { topic, partition, after: String(at.place.position), upTo: String(place.position) };
      processLog().warn('events were archived before they were published', passed);
      at.place = place;
    }
  }

  private async publish(
    topic: string,
    name: 'main' | 'journal',
    mapped: readonly { readonly lane: Lane; readonly mapping: Mapping }[],
  ): Promise<void> {
    const { broker, sealing, log } = this.options;
    const logId = (await log.logIds()).get(name) ?? '';
    const messages = mapped.flatMap(({ lane, mapping }) => {
      const at = lane.topics.get(topic);
      if (at === undefined) return [];
      const events = linked(
        logId,
        at,
        mapping.published.filter((one) => one.topic === topic),
      );
      return BUNDLED.has(topic) ? bundled(events) : events;
    });
    if (messages.length === 0) return;
    await traceBatch('publish', topic, messages, async () =>
      broker.publish(topic, sealing ? await sealing.seal(topic, messages) : messages, { signal: this.stopping.signal }),
    );
  }

  private advance(lane: Lane, { published, last, error }: Mapping): void {
    if (last !== undefined) {
      for (const [topic, at] of lane.topics) {
        if (last.position <= at.place.position) continue;
        at.linked =
          published.findLast((one) => one.topic === topic && one.at.position > at.place.position)?.at ?? at.linked;
        at.place = last;
      }
      const { position } = placeOf(lane);
      lane.waiting = lane.waiting.filter(({ place }) => place.position > position);
      [lane.failures, lane.retryAt] = [0, 0];
    }
    if (error === undefined) return;
    lane.failures++;
    lane.retryAt = performance.now() + Math.min(BACKOFF_MS.min * 2 ** (lane.failures - 1), BACKOFF_MS.max);
    this.options.onError(error, lane.failures);
    if (!(error instanceof NeedsNewerVersion)) return;
    this.refused.add(lane.partition);
    this.options.leases.refuse(lane.partition);
  }

  private async storeSteps(now = false): Promise<void> {
    if (!now && performance.now() < this.stepAt) return;
    const moved = [...this.lanes.values()].flatMap((lane) =>
      [...lane.topics.values()].filter(({ place, stored }) => place.position > stored).map((at) => ({ lane, at })),
    );
    if (moved.length === 0) return;
    this.stepAt = performance.now() + STEP_INTERVAL_MS;
    const steps = moved.map(({ lane: { partition }, at: { reader, stored, place, linked } }) => ({
      reader,
      partition,
      after: stored,
      place,
      linked,
    }));
    try {
      await takeSteps(this.options.db, steps);
      for (const { at } of moved) at.stored = at.place.position;
    } catch (error) {
      // Another process publishes one of them: all are read again, those that are still held.
      if (error instanceof StepTaken) for (const { lane } of moved) this.lanes.delete(lane.partition);
      throw error;
    }
  }

  private lagByTopic(): { readonly value: number; readonly of: { readonly topic: string } }[] {
    return [...this.options.topics].map(([topic, name]) => {
      const oldest = [...this.lanes.values()]
        .filter(({ partition }) => logOf(partition) === name)
        .flatMap(({ waiting: [first] }) => (first === undefined ? [] : [first.recordedAt.getTime()]));
      return { value: Math.max(0, (Date.now() - Math.min(Date.now(), ...oldest)) / 1_000), of: { topic } };
    });
  }
}

/** Where the partition goes on: where the topic stands that has come least far. */
const placeOf = ({ topics }: Pick<Lane, 'topics'>): Place =>
  [...topics.values()]
    .map(({ place }) => place)
    .reduce((least, place) => (place.position < least.position ? place : least));

/** Gives events their places, each linked to the one before it on the topic. Those that the topic has had are left out. */
const linked = (
  logId: string,
  { place, linked: first }: TopicPlace,
  events: readonly PublishedEvent[],
): CloudEvent[] => {
  let previous = first;
  return events
    .filter(({ at }) => at.position > place.position)
    .map(({ event, at, serial }) => {
      const link = previous;
      previous = at;
      return { ...event, place: { logId, ...at, serial, previous: link } };
    });
};

/** Resolves once everything that was committed before the call is stamped and published, in all partitions of the relay's topics. */
export const isPublished = async ({ db, topics }: Pick<RelayOptions, 'db' | 'topics'>): Promise<boolean> => {
  for (const [topic, name] of topics) {
    const [row] = await db.query<{ readonly behind: boolean }>(
      `select exists (
         select from unnest($1::smallint[]) p (partition)
           left join lateral (select position from es.log l where l.partition = p.partition order by position desc limit 1) h on true
           left join lateral (select s.position from es.steps s where s.reader = $2 and s.partition = p.partition
             order by s.after desc limit 1) s on true
          where coalesce(s.position, 0) < coalesce(h.position, 0)
             or exists (select from es.events e where e.partition = p.partition
                  and not exists (select from es.log l where l.partition = e.partition and l.month = e.month
                    and l.stream_id = e.stream_id and l.revision = e.revision))) as behind`,
      [partitionsOf(name), relayOf(topic)],
    );
    if (row?.behind === true) return false;
  }
  return true;
};
