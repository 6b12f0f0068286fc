import { LogOpened } from '@crossroads/contracts/events/v1/log_opened';
import { type LogPlace, type Place, type ReadLog, StepTaken } from '@crossroads/eventsourcing';
import { processLog } from '@crossroads/telemetry';
import type { CloudEvent, EventPlace } from '../broker/broker.js';
import { BundleForked, continuedFrom } from '../broker/bundle.js';
import { placeOfMessage, receivedOf } from '../broker/event-message.js';
import { backoffMs, pause } from '../broker/retry.js';
import { LogForked } from './log-forked.js';
import type { logMetrics } from './log-metrics.js';
import { judge } from './place.rules.js';
import type { Portion } from './portions.js';
import { checkPlaces, type EventSource, leftAfter, readAfter, reasonOf } from './source-log.js';

export interface PartitionReaderOptions {
  readonly topic: string;
  readonly partition: number;
  readonly sources: readonly EventSource[];
  /** At most so many events of a source are taken in one transaction. */
  readonly batchSize: number;
  /** The logs of which this partition was read, as the database has them. */
  readonly readLogs: () => Promise<readonly ReadLog[]>;
  readonly take: (portion: Portion) => Promise<void>;
  /** Runs few at a time, over all partitions. */
  readonly limited: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly metrics: ReturnType<typeof logMetrics>;
  readonly onError: (error: unknown, attempt: number) => void;
}

const ABANDONED = 'a message is passed over that its publisher no longer has: it was published before a restore';
const OPENED = 'crossroads.events.v1.logs.notify.opened';
/** A source that is away, or whose log has forked, is asked again this often at the least. */
const MAX_PAUSE_MS = 2_000;
/** How often a batch is tried at once when another process has just gone on from its place; then it is delivered again. */
const MAX_OVERTAKEN = 10;

type Logs = ReadonlyMap<string, ReadLog>;

/**
 * Reads one partition of a topic: from the broker, and from the publishers what the broker does not have. It keeps its places in memory
 * as long as all goes well. After a failure, a rebalance or a step that another has taken it reads them from the database again.
 */
export class PartitionReader {
  /** Undefined until they were read. */
  private logs: Logs | undefined;
  private fork: LogForked | undefined;
  private caughtUp: Promise<unknown> = Promise.resolve();
  private assignment = new AbortController();
  private takenAt = performance.now();
  /** Sources from which it tries to catch up in the background. */
  private trying = new Set<EventSource>();
  private last: Promise<unknown> = Promise.resolve();
  private oldest: Date | undefined;

  constructor(private readonly options: PartitionReaderOptions) {}

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

  /** What the broker lost at the end of a partition shows in no later message: asks the sources, unless messages come. */
  lookAgain(idleMs: number): void {
    const { signal } = this.assignment;
    if (signal.aborted || this.fork !== undefined || performance.now() - this.takenAt < idleMs) return;
    for (const source of this.options.sources)
      if (!this.trying.has(source))
        void this.attempt(source, signal, 1).then((isDone) => isDone || this.keepTrying(source));
  }

  revoked(): void {
    this.assignment.abort();
    this.logs = undefined;
    this.oldest = undefined;
    this.fork = undefined;
  }

  /** Takes a batch of the broker. @throws LogForked; whatever the handler throws */
  async take(events: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    this.oldest ??= events[0]?.time;
    this.takenAt = performance.now();
    await this.caughtUp;
    await this.alone(async () => {
      for (let overtaken = 1; ; overtaken++) {
        try {
          if (this.fork !== undefined) throw this.fork;
          await this.takeInOrder(events, signal);
          break;
        } catch (error) {
          this.logs = undefined;
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

  private async places(): Promise<Logs> {
    this.logs ??= new Map((await this.options.readLogs()).map((log) => [log.place.logId, log]));
    return this.logs;
  }

  private async takeInOrder(events: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    let next = new Draft(await this.places());
    const takeNext = async (): Promise<void> => {
      await this.commit(next);
      next = new Draft(await this.places());
    };
    for (const event of events) {
      if (event.type === OPENED) {
        await takeNext();
        await this.opened(event, signal);
        continue;
      }
      if (!event.place) {
        next.add(event);
        continue;
      }
      let log = next.logOf(event.place.logId) ?? this.beginningOf(event.source, event.place.logId);
      let verdict = judge(log.place, event.place);
      if (verdict === 'gap') {
        await takeNext();
        log = await this.fillGap(event, log, signal);
        next = new Draft(await this.places());
        verdict = judge(log.place, event.place);
      }
      if (verdict === 'repetition') continue;
      if (verdict !== 'take') {
        await takeNext();
        await this.dropIfAbandoned(event, event.place, log, verdict, signal);
      } else if (!(await this.isAbandoned(event, event.place, log, signal)))
        next.add(continuedFrom(event, log.place), { ...log, place: placeIn(log, event.place) });
    }
    await takeNext();
  }

  private async commit({ events, moves, logs }: Draft): Promise<void> {
    if (events.length === 0 && moves.length === 0) return;
    try {
      await this.options.take({ partition: this.options.partition, events, moves });
    } catch (error) {
      if (!(error instanceof BundleForked)) throw error;
      const move = moves.find(({ from }) => from.place.logId === error.logId);
      throw move ? this.forkedAt(move.from.place, 'OTHER_HASH') : error;
    }
    this.logs = logs;
  }

  private beginningOf(source: string, logId: string): ReadLog {
    return { source, generation: 0, place: { logId, partition: this.options.partition, position: 0n, hash: '' } };
  }

  private sourceNamed(name: string): EventSource | undefined {
    return this.options.sources.find(({ source }) => source === name);
  }

  /** What the broker no longer has is read from the publisher, up to its watermark. */
  private async fillGap(event: CloudEvent, log: ReadLog, signal: AbortSignal): Promise<ReadLog> {
    const source = this.sourceNamed(event.source);
    if (!source) throw new GapRemains(`${event.source} is no known publisher of ${this.options.topic}`);
    await this.readFrom(source, signal);
    this.options.metrics.gapFilled();
    return (await this.places()).get(log.place.logId) ?? log;
  }

  /**
   * A message that does not fit: either this reader is beyond a restored log, or the message is from before the restore, and no longer
   * of the log. The publisher knows.
   */
  private async dropIfAbandoned(
    event: CloudEvent,
    place: EventPlace,
    log: ReadLog,
    verdict: 'gap' | 'fork',
    signal: AbortSignal,
  ): Promise<void> {
    const source = this.sourceNamed(event.source);
    const message = placeIn(log, place);
    // All logs have the same beginning: there is nothing to compare.
    const asked = log.place.position === 0n ? [message] : [message, log.place];
    const [its, own = 'COMMON'] = source ? await checkPlaces(source, asked, signal).catch(() => []) : [];
    if (own === 'BEYOND_HEAD' || own === 'OTHER_HASH') throw this.forkedAt(log.place, own);
    if (its !== undefined && its !== 'COMMON') {
      this.say(ABANDONED, message);
      return;
    }
    if (verdict === 'gap') throw new GapRemains('the publisher does not have what is missing');
    throw this.forkedAt(log.place, 'OTHER_HASH');
  }

  /** Behind a watermark the link says nothing of the place before it: the publisher is asked, if it answers. */
  private async isAbandoned(event: CloudEvent, place: EventPlace, log: ReadLog, signal: AbortSignal): Promise<boolean> {
    const source = this.sourceNamed(event.source);
    if (!source || place.previous.position === log.place.position) return false;
    const message = placeIn(log, place);
    const [its] = await checkPlaces(source, [message], signal).catch(() => [undefined]);
    if (its === undefined || its === 'COMMON') return false;
    this.say(ABANDONED, message);
    return true;
  }

  /** A process of the publisher has taken over the partition: is its log still the one that was read? */
  private async opened(event: CloudEvent, signal: AbortSignal): Promise<void> {
    const head = decodedHead(event);
    const log = head && (await this.places()).get(head.logId);
    const source = this.sourceNamed(event.source);
    if (!source || !log || log.place.position === 0n) return;
    const answer = await checkPlaces(source, [log.place], signal).then(
      ([one]) => one,
      (error: unknown) => {
        this.options.onError(error, 1);
        this.keepTrying(source);
        return undefined;
      },
    );
    if (answer === 'BEYOND_HEAD' || answer === 'OTHER_HASH') throw this.forkedAt(log.place, answer);
  }

  /** Reads what a source has published after the place of its log, up to the watermark. Call it alone. */
  private async readFrom(source: EventSource, signal: AbortSignal): Promise<void> {
    const logs = await this.places();
    let log = [...logs.values()].findLast((one) => one.source === source.source);
    for (;;) {
      try {
        await this.readAll(source, log, signal);
        return;
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === 'LOG_FORKED' && log) {
          const { place } = log;
          const [answer] = await checkPlaces(source, [place], signal);
          if (answer === 'BEYOND_HEAD' || answer === 'OTHER_HASH') throw this.forkedAt(place, answer);
          if (answer !== 'OTHER_LOG') throw error;
          this.say('the publisher has a new log, which is read from its beginning', place);
          log = undefined;
        } else if (reason === 'LOG_TRIMMED') {
          log = await this.skipTrimmed(source, log, error);
        } else throw error;
      }
    }
  }

  /** What was archived cannot be read: it goes on with what is left, and says so. There may be several gaps, each behind the last one. */
  private async skipTrimmed({ source }: EventSource, log: ReadLog | undefined, error: unknown): Promise<ReadLog> {
    const place = leftAfter(error, log?.place, this.options.partition);
    if (!place) throw error;
    const logs = await this.places();
    const from = logs.get(place.logId) ?? this.beginningOf(source, place.logId);
    if (place.position <= from.place.position) throw error;
    const draft = new Draft(logs);
    draft.move({ ...from, place });
    await this.commit(draft);
    this.options.metrics.trimmed();
    this.say('events were archived before they were read: this consumer goes on with what is left', place);
    return { ...from, place };
  }

  private async readAll(source: EventSource, log: ReadLog | undefined, signal: AbortSignal): Promise<void> {
    const { topic, partition, batchSize } = this.options;
    const after = log && log.place.position > 0n ? { after: log.place } : {};
    let draft = new Draft(await this.places());
    try {
      for await (const response of readAfter(source, { topic, partition, ...after }, signal)) {
        if (!response.place) throw new TypeError('a response of Events/Read lacks its place');
        const place = placeOfMessage(response.place);
        const from = draft.logOf(place.logId) ?? this.beginningOf(source.source, place.logId);
        if (place.position <= from.place.position) continue;
        const to = { ...from, place };
        if (response.event) draft.add(receivedOf(response, from.place), to);
        else draft.move(to);
        if (draft.events.length < batchSize) continue;
        await this.commit(draft);
        draft = new Draft(await this.places());
      }
    } catch (error) {
      // What came before a gap is taken, and not passed over together with it.
      if (reasonOf(error) === 'LOG_TRIMMED') await this.commit(draft);
      throw error;
    }
    await this.commit(draft);
  }

  /** Tries to catch up from one source. False when the source was away, or its log has forked. */
  private async attempt(source: EventSource, signal: AbortSignal, attempt: number): Promise<boolean> {
    try {
      await this.options.limited(() =>
        this.alone(async () => {
          signal.throwIfAborted();
          // Another process may hold them by now, or a resync has begun a new generation.
          this.logs = undefined;
          await this.readFrom(source, signal);
          if (this.fork !== undefined && (await this.isFrom(source, this.fork))) this.clearFork();
        }),
      );
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      this.logs = undefined;
      if (error instanceof LogForked) this.setFork(error);
      this.options.onError(error, attempt);
      return false;
    }
  }

  private async isFrom({ source }: EventSource, { place }: LogForked): Promise<boolean> {
    const log = (await this.places()).get(place.logId);
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
    if (known !== undefined) return;
    this.say(
      `LOG_FORKED (${fork.why}): this partition stops until a resync, see docs/runbooks/log-forked.md`,
      fork.place,
    );
    // It goes on by itself after a resync, also when no message comes.
    for (const source of this.options.sources) this.keepTrying(source);
  }

  private clearFork(): void {
    if (this.fork === undefined) return;
    this.say('the fork was resolved: this partition goes on', this.fork.place);
    this.fork = undefined;
  }

  private forkedAt(place: LogPlace, why: 'BEYOND_HEAD' | 'OTHER_HASH'): LogForked {
    return new LogForked(this.options.topic, place, why);
  }

  private say(what: string, { logId, position }: LogPlace): void {
    const { topic, partition } = this.options;
    processLog().warn(what, { topic, partition, log: logId, position: String(position) });
  }
}

/** The missing events could not be had from their publisher: the message waits. */
class GapRemains extends Error {
  override readonly name = 'GapRemains';
}

/** The next portion of a partition, and where it leads. */
class Draft {
  readonly events: CloudEvent[] = [];
  private readonly reached = new Map<string, ReadLog>();

  constructor(private readonly from: Logs) {}

  logOf(logId: string): ReadLog | undefined {
    return this.reached.get(logId) ?? this.from.get(logId);
  }

  add(event: CloudEvent, to?: ReadLog): void {
    this.events.push(event);
    if (to) this.move(to);
  }

  move(to: ReadLog): void {
    this.reached.set(to.place.logId, to);
  }

  get moves(): Portion['moves'] {
    return [...this.reached.values()].map((to) => {
      const { logId, partition } = to.place;
      const from = this.from.get(logId) ?? { ...to, place: { logId, partition, position: 0n, hash: '' } };
      return { from, to: to.place };
    });
  }

  get logs(): Logs {
    return new Map([...this.from, ...this.reached]);
  }
}

const placeIn = ({ place }: ReadLog, { position, hash }: Place): LogPlace => ({ ...place, position, hash });

const decodedHead = ({ data }: CloudEvent): LogPlace | undefined => {
  try {
    const { head } = LogOpened.decode(data);
    return head && placeOfMessage(head);
  } catch {
    return undefined;
  }
};
