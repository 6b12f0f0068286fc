import type { LogPlace, Place, ReadLog } from '@crossroads/eventsourcing';
import type { CloudEvent, EventPlace } from '../broker/broker.js';
import { continuedFrom } from '../broker/bundle.js';
import { headOf, isLogOpened } from '../broker/log-opened.js';
import { LogForked } from './log-forked.js';
import type { logMetrics } from './log-metrics.js';
import type { PartitionPlaces } from './partition-places.js';
import { judge } from './place.rules.js';
import { checkPlaces, type EventSource, isFork } from './source-log.js';
import type { SourceReading } from './source-reading.js';
import type { Undelivered } from './undelivered.js';
import { warnAt } from './warn-at.js';

export interface BrokerReadingOptions {
  readonly topic: string;
  readonly sources: readonly EventSource[];
  readonly places: PartitionPlaces;
  readonly undelivered: Undelivered;
  /** For what the broker no longer has. */
  readonly fromSource: SourceReading;
  readonly metrics: ReturnType<typeof logMetrics>;
  /** It could not be asked whether its log is still the one that was read. */
  readonly onSourceAway: (source: EventSource, error: unknown) => void;
}

const ABANDONED = 'a message is passed over that its publisher no longer has: it was published before a restore';

/** Reads the messages of one partition as the broker delivers them: drops repetitions, fills gaps, and notices forks. */
export class BrokerReading {
  constructor(private readonly options: BrokerReadingOptions) {}

  /** Takes a batch in order. @throws LogForked; StepTaken; GapRemains; whatever the handler throws */
  async take(events: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    const { places, undelivered } = this.options;
    let draft = await places.draft();
    const commit = async (): Promise<void> => {
      await places.commit(draft);
      draft = await places.draft();
    };
    for (const event of events) {
      const { source, place } = event;
      if (isLogOpened(event)) {
        await commit();
        await this.checkOpened(event, signal);
        continue;
      }
      if (!place) {
        draft.add(event);
        continue;
      }
      let log = draft.logOf(source, place.logId);
      let verdict = judge(log.place, place);
      if (verdict === 'gap') {
        await commit();
        await this.fillGap(source, signal);
        draft = await places.draft();
        log = draft.logOf(source, place.logId);
        verdict = judge(log.place, place);
      }
      undelivered.delivered(place);
      if (verdict === 'repetition') continue;
      if (verdict !== 'take') {
        await commit();
        await this.dropIfAbandoned(source, place, log, verdict, signal);
      } else if (!(await this.isAbandoned(source, place, log, signal)))
        draft.add(continuedFrom(event, log.place), { ...log, place: placeIn(log, place) });
    }
    await places.commit(draft);
  }

  private sourceNamed(name: string): EventSource | undefined {
    return this.options.sources.find(({ source }) => source === name);
  }

  /** What the broker no longer has is read from the publisher, up to its watermark. */
  private async fillGap(name: string, signal: AbortSignal): Promise<void> {
    const { topic, fromSource, metrics } = this.options;
    const source = this.sourceNamed(name);
    if (!source) throw new GapRemains(`${name} is no known publisher of ${topic}`);
    await fromSource.read(source, signal);
    metrics.gapFilled();
  }

  /**
   * A message that does not fit: either this reader is beyond a restored log, or the message is from before the restore, and no longer
   * of the log. The publisher knows.
   */
  private async dropIfAbandoned(
    name: string,
    place: EventPlace,
    log: ReadLog,
    verdict: 'gap' | 'fork',
    signal: AbortSignal,
  ): Promise<void> {
    const { topic } = this.options;
    const source = this.sourceNamed(name);
    const message = placeIn(log, place);
    // All logs have the same beginning: there is nothing to compare.
    const asked = log.place.position === 0n ? [message] : [message, log.place];
    const [its, own] = source ? await checkPlaces(source, asked, signal).catch(() => []) : [];
    if (isFork(own)) throw new LogForked(topic, log.place, own);
    if (its !== undefined && its !== 'COMMON') {
      warnAt(topic, message, ABANDONED);
      return;
    }
    if (verdict === 'gap') throw new GapRemains('the publisher does not have what is missing');
    throw new LogForked(topic, log.place, 'OTHER_HASH');
  }

  /** Behind a watermark the link says nothing of the place before it: the publisher is asked, if it answers. */
  private async isAbandoned(name: string, place: EventPlace, log: ReadLog, signal: AbortSignal): Promise<boolean> {
    const source = this.sourceNamed(name);
    if (!source || place.previous.position === log.place.position) return false;
    const message = placeIn(log, place);
    const [its] = await checkPlaces(source, [message], signal).catch(() => []);
    if (its === undefined || its === 'COMMON') return false;
    warnAt(this.options.topic, message, ABANDONED);
    return true;
  }

  /** A process of the publisher has taken over the partition: is its log still the one that was read? */
  private async checkOpened(event: CloudEvent, signal: AbortSignal): Promise<void> {
    const { topic, places, onSourceAway } = this.options;
    const head = headOf(event);
    const log = head && (await places.current()).get(head.logId);
    const source = this.sourceNamed(event.source);
    if (!source || !log || log.place.position === 0n || head?.partition !== event.partition) return;
    const [answer] = await checkPlaces(source, [log.place], signal).catch((error: unknown) => {
      onSourceAway(source, error);
      return [];
    });
    if (isFork(answer)) throw new LogForked(topic, log.place, answer);
  }
}

/** The missing events could not be had from their publisher: the message waits. */
class GapRemains extends Error {
  override readonly name = 'GapRemains';
}

const placeIn = ({ place }: ReadLog, { position, hash }: Place): LogPlace => ({ ...place, position, hash });
