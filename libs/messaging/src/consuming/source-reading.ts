import type { ReadLog } from '@crossroads/eventsourcing';
import { placeOfMessage, receivedOf } from '../broker/event-message.js';
import { LogForked } from './log-forked.js';
import type { logMetrics } from './log-metrics.js';
import type { PartitionPlaces } from './partition-places.js';
import type { Undelivered } from './undelivered.js';
import { checkPlaces, type EventSource, isFork, leftAfter, readAfter, reasonOf } from './source-log.js';
import { warnAt } from './warn-at.js';

export interface SourceReadingOptions {
  readonly topic: string;
  readonly partition: number;
  readonly places: PartitionPlaces;
  readonly undelivered: Undelivered;
  /** At most so many events are taken in one transaction. */
  readonly batchSize: number;
  readonly metrics: ReturnType<typeof logMetrics>;
}

/** A broker need not have older events any more, or a new consumer's topic never had them. */
const RECENT_MS = 24 * 3_600_000;

/** Reads one partition from the publishers: what the broker does not have, or no longer has. */
export class SourceReading {
  constructor(private readonly options: SourceReadingOptions) {}

  /**
   * Takes what a source has published after the place of its log, up to the watermark.
   * @throws LogForked; RemoteError and SourceSilent when the source is away; whatever the handler throws
   */
  async read(source: EventSource, signal: AbortSignal): Promise<void> {
    const { topic, places } = this.options;
    let log = [...(await places.current()).values()].findLast((one) => one.source === source.source);
    for (;;) {
      try {
        await this.readAll(source, log, signal);
        return;
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === 'LOG_FORKED' && log) {
          const { place } = log;
          const [answer] = await checkPlaces(source, [place], signal);
          if (isFork(answer)) throw new LogForked(topic, place, answer);
          if (answer !== 'OTHER_LOG') throw error;
          warnAt(topic, place, 'the publisher has a new log, which is read from its beginning');
          log = undefined;
        } else if (reason === 'LOG_TRIMMED') {
          log = await this.skipTrimmed(source, log, error);
        } else throw error;
      }
    }
  }

  private async readAll(source: EventSource, log: ReadLog | undefined, signal: AbortSignal): Promise<void> {
    const { topic, partition, batchSize, places, undelivered } = this.options;
    const after = log && log.place.position > 0n ? { after: log.place } : {};
    let draft = await places.draft();
    try {
      for await (const response of readAfter(source, { topic, partition, ...after }, signal)) {
        if (!response.place) throw new TypeError('a response of Events/Read lacks its place');
        if (response.event && response.event.source !== source.source)
          throw new TypeError(`${source.source} answered Events/Read with an event of another source`);
        const place = placeOfMessage(response.place);
        const from = draft.logOf(source.source, place.logId);
        if (place.position <= from.place.position) continue;
        const to = { ...from, place };
        if (response.event) {
          const event = receivedOf(response, from.place);
          draft.add(event, to);
          if (Date.now() - event.time.getTime() < RECENT_MS) undelivered.add(event.place, performance.now());
        } else draft.move(to);
        if (draft.events.length < batchSize) continue;
        await places.commit(draft);
        draft = await places.draft();
      }
    } catch (error) {
      // What came before a gap is taken, and not passed over together with it.
      if (reasonOf(error) === 'LOG_TRIMMED') await places.commit(draft);
      throw error;
    }
    await places.commit(draft);
  }

  /** What was archived cannot be read: it goes on with what is left, and says so. There may be several gaps, each behind the last one. */
  private async skipTrimmed({ source }: EventSource, log: ReadLog | undefined, error: unknown): Promise<ReadLog> {
    const { topic, partition, places, metrics } = this.options;
    const place = leftAfter(error, log?.place, partition);
    if (!place) throw error;
    const draft = await places.draft();
    const from = draft.logOf(source, place.logId);
    if (place.position <= from.place.position) throw error;
    const to = { ...from, place };
    draft.move(to);
    await places.commit(draft);
    metrics.trimmed();
    warnAt(topic, place, 'events were archived before they were read: this consumer goes on with what is left');
    return to;
  }
}
