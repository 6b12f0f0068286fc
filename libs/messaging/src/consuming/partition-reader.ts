import { StepTaken } from '@crossroads/eventsourcing';
import { processLog } from '@crossroads/telemetry';
import type { CloudEvent } from '../broker/broker.js';
import { backoffMs, pause } from '../broker/retry.js';
import { BrokerReading } from './broker-reading.js';
import { LogForked } from './log-forked.js';
import type { logMetrics } from './log-metrics.js';
import { PartitionPlaces, type PartitionPlacesOptions } from './partition-places.js';
import type { EventSource } from './source-log.js';
import { SourceReading } from './source-reading.js';
import { Undelivered } from './undelivered.js';
import { warnAt } from './warn-at.js';

export interface PartitionReaderOptions extends PartitionPlacesOptions {
  readonly sources: readonly EventSource[];
  readonly open: (messages: readonly CloudEvent[]) => Promise<CloudEvent[]>;
  /** At most so many events of a source are taken in one transaction. */
  readonly batchSize: number;
  /** Runs few at a time, over all partitions. */
  readonly limited: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly metrics: ReturnType<typeof logMetrics>;
  readonly onError: (error: unknown, attempt: number) => void;
}

/** A source that is away, or whose log has forked, is asked again this often at the least. */
const MAX_PAUSE_MS = 2_000;
/** How often a batch is tried at once when another process has just gone on from its place; then it is delivered again. */
const MAX_OVERTAKEN = 10;

/**
 * Reads one partition of a topic, from the broker and from the publishers, one after the other. While a publisher is away, or its log has
 * forked, it tries to catch up in the background.
 */
export class PartitionReader {
  private readonly places: PartitionPlaces;
  private readonly undelivered = new Undelivered();
  /** Events that the broker did not deliver, since the start. */
  withheld = 0;
  private readonly fromSource: SourceReading;
  private readonly fromBroker: BrokerReading;
  private fork: LogForked | undefined;
  private caughtUp: Promise<unknown> = Promise.resolve();
  private assignment = new AbortController();
  /** Sources from which it tries to catch up in the background. */
  private trying = new Set<EventSource>();
  private last: Promise<unknown> = Promise.resolve();
  private oldest: Date | undefined;

  constructor(private readonly options: PartitionReaderOptions) {
    this.places = new PartitionPlaces(options);
    const { places, undelivered } = this;
    this.fromSource = new SourceReading({ ...options, places, undelivered });
    this.fromBroker = new BrokerReading({
      ...options,
      places,
      undelivered,
      fromSource: this.fromSource,
      onSourceAway: (source, error) => {
        options.onError(error, 1);
        this.keepTrying(source);
      },
    });
  }

  get isForked(): boolean {
    return this.fork !== undefined;
  }

  lagMs(now: number): number {
    return this.oldest === undefined ? 0 : Math.max(0, now - this.oldest.getTime());
  }

  /** Begins to catch up from each source; batches wait for the first attempt. With a source away the broker's events go on. */
  assigned(): void {
    this.revoked();
    this.assignment = new AbortController();
    this.trying = new Set();
    const { signal } = this.assignment;
    const attempts = this.options.sources.map(async (source) => {
      if (!(await this.attempt(source, signal, 1))) this.keepTrying(source);
    });
    this.caughtUp = Promise.all(attempts);
  }

  /** What the broker lost at the end of a partition shows in no later message: asks the sources, unless its place moves. */
  lookAgain(idleMs: number): void {
    const { signal } = this.assignment;
    if (signal.aborted || this.fork !== undefined || performance.now() - this.places.movedAt < idleMs) return;
    for (const source of this.options.sources)
      if (!this.trying.has(source))
        void this.attempt(source, signal, 1).then((isDone) => isDone || this.keepTrying(source));
  }

  /** What the publisher has had for so long, and the broker has not delivered, it has lost or withholds. */
  countWithheld(afterMs: number): void {
    const { topic, partition, metrics } = this.options;
    const [first, ...others] = this.undelivered.overdue(performance.now(), afterMs);
    if (first === undefined) return;
    const events = others.length + 1;
    this.withheld += events;
    metrics.withheld(events);
    processLog().error(
      'the broker has not delivered events that its publisher has: see docs/runbooks/events-withheld.md',
      {
        topic,
        partition,
        events,
        position: String(first),
      },
    );
  }

  revoked(): void {
    this.assignment.abort();
    this.places.forget();
    this.undelivered.clear();
    this.oldest = undefined;
    this.fork = undefined;
  }

  /** Takes a batch of the broker. @throws LogForked; whatever the handler throws */
  async take(messages: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    const events = await this.options.open(messages);
    this.oldest ??= events[0]?.time;
    await this.caughtUp;
    await this.alone(async () => {
      for (let overtaken = 1; ; overtaken++) {
        try {
          if (this.fork !== undefined) throw this.fork;
          await this.fromBroker.take(events, signal);
          break;
        } catch (error) {
          this.places.forget();
          if (error instanceof LogForked) this.setFork(error);
          if (!(error instanceof StepTaken) || overtaken === MAX_OVERTAKEN) throw error;
        }
      }
    });
    this.oldest = undefined;
  }

  /** One after the other: batches of the broker and of sources move the same places. */
  private alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.last.then(work, work);
    this.last = mine.catch(() => undefined);
    return mine;
  }

  /** Tries to catch up from one source. False when the source was away, or its log has forked. */
  private async attempt(source: EventSource, signal: AbortSignal, attempt: number): Promise<boolean> {
    try {
      await this.options.limited(() =>
        this.alone(async () => {
          signal.throwIfAborted();
          // Another process may hold them by now, or a resync has begun a new generation.
          this.places.forget();
          await this.fromSource.read(source, signal);
          if (this.fork !== undefined && (await this.isFrom(source, this.fork))) this.clearFork();
        }),
      );
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      this.places.forget();
      if (error instanceof LogForked) this.setFork(error);
      this.options.onError(error, attempt);
      return false;
    }
  }

  private async isFrom({ source }: EventSource, { place }: LogForked): Promise<boolean> {
    const log = (await this.places.current()).get(place.logId);
    return log === undefined || log.source === source;
  }

  private keepTrying(source: EventSource): void {
    const { trying } = this;
    if (trying.has(source)) return;
    trying.add(source);
    const { signal } = this.assignment;
    void (async () => {
      for (let attempt = 1; !signal.aborted; attempt++) {
        await pause(Math.min(backoffMs(attempt), MAX_PAUSE_MS), signal);
        if (await this.attempt(source, signal, attempt + 1)) break;
      }
      trying.delete(source);
    })();
  }

  private setFork(fork: LogForked): void {
    const known = this.fork;
    this.fork = fork;
    // What was lost by the publisher is not withheld by the broker.
    this.undelivered.clear();
    if (known !== undefined) return;
    warnAt(
      fork.topic,
      fork.place,
      `LOG_FORKED (${fork.why}): this partition stops until a resync, see docs/runbooks/log-forked.md`,
    );
    // It goes on by itself after a resync, also when no message comes.
    for (const source of this.options.sources) this.keepTrying(source);
  }

  private clearFork(): void {
    if (this.fork === undefined) return;
    warnAt(this.fork.topic, this.fork.place, 'the fork was resolved: this partition goes on');
    this.fork = undefined;
  }
}
