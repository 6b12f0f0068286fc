import type { Logged, Place } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';
import type { Mapping, PublishedEvent } from './published-log.js';

/** Stamped events that wait in memory for a partition; beyond it they are read from the log again. */
const MAX_WAITING = 2_000;
const BACKOFF_MS = { min: 100, max: 5_000 };

/** How far one topic has come in one partition. */
export interface TopicPlace {
  /** The position of the last stored step. */
  stored: bigint;
  /** The last event that was mapped, published on this topic or not. */
  place: Place;
  /** The last event that was published on this topic. */
  linked: Place;
}

/** A partition that this process publishes: what waits, how far each topic has come, and when it is tried again after a failure. */
export class RelayedPartition {
  private waiting: Logged[] = [];
  /** Whether the log has events after the place that are not among those waiting. */
  private isBehind = true;
  private failures = 0;
  private retryAt = 0;

  constructor(
    readonly partition: number,
    readonly token: bigint,
    readonly topics: ReadonlyMap<string, TopicPlace>,
  ) {}

  /** Where it goes on: where the topic stands that has come least far. */
  get place(): Place {
    return [...this.topics.values()]
      .map(({ place }) => place)
      .reduce((least, place) => (place.position < least.position ? place : least));
  }

  get oldestWaiting(): Date | undefined {
    return this.waiting[0]?.recordedAt;
  }

  isReady(): boolean {
    return this.retryAt <= performance.now();
  }

  /** Whether it has more to do, and has not just failed. */
  isBusy(): boolean {
    return (this.waiting.length > 0 || this.isBehind) && this.retryAt === 0;
  }

  /** Whether it goes on only when the log has been read. */
  needsRead(): boolean {
    return this.isBehind && this.waiting.length === 0;
  }

  next(limit: number): readonly Logged[] {
    return this.waiting.slice(0, limit);
  }

  /** Takes an event that was stamped, if it follows directly on what is known; else the log is read. */
  enqueue(event: Logged): void {
    const last = this.waiting.at(-1)?.place.position ?? this.place.position;
    const follows = !this.isBehind && event.place.position === last + 1n;
    if (follows && this.waiting.length < MAX_WAITING) this.waiting.push(event);
    else this.isBehind = true;
  }

  /** Before the log is read: what is stamped from now on may not be in the answer. */
  beginRead(): void {
    this.isBehind = false;
  }

  readFailed(): void {
    this.isBehind = true;
  }

  /** What the log has after the place; if there may be more, `isComplete` is false. */
  addRead(events: readonly Logged[], isComplete: boolean): void {
    const [last, next] = [events.at(-1)?.place.position, this.waiting[0]?.place.position];
    const joins = next === undefined || last === undefined || next === last + 1n;
    this.waiting = joins ? [...events, ...this.waiting] : [...events];
    if (!joins || !isComplete) this.isBehind = true;
  }

  /** The events of a topic, each linked to the one before it there. Those that the topic has had are left out. */
  linked(topic: string, logId: string, published: readonly PublishedEvent[]): CloudEvent[] {
    const at = this.topics.get(topic);
    if (at === undefined) return [];
    let previous = at.linked;
    return published
      .filter((one) => one.topic === topic && one.at.position > at.place.position)
      .map(({ event, at: own, serial }) => {
        const link = previous;
        previous = own;
        return { ...event, place: { logId, ...own, serial, previous: link } };
      });
  }

  /** All up to the last mapped event was published. */
  advance({ published, last }: Pick<Mapping, 'published' | 'last'>): void {
    if (last === undefined) return;
    for (const [topic, at] of this.topics) {
      if (last.position <= at.place.position) continue;
      at.linked =
        published.findLast((one) => one.topic === topic && one.at.position > at.place.position)?.at ?? at.linked;
      at.place = last;
    }
    const { position } = this.place;
    this.waiting = this.waiting.filter(({ place }) => place.position > position);
    [this.failures, this.retryAt] = [0, 0];
  }

  /** @returns how often it has failed in a row */
  failed(): number {
    this.failures++;
    this.retryAt = performance.now() + Math.min(BACKOFF_MS.min * 2 ** (this.failures - 1), BACKOFF_MS.max);
    return this.failures;
  }

  /** Goes on behind what was archived. @returns the topics that have not had it, with the place where each stood */
  skipTo(place: Place): ReadonlyMap<string, Place> {
    const skipped = new Map<string, Place>();
    for (const [topic, at] of this.topics) {
      if (at.place.position >= place.position) continue;
      skipped.set(topic, at.place);
      at.place = place;
    }
    return skipped;
  }
}
