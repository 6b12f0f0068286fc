import type { Database } from '@crossroads/database';
import {
  marksOf,
  type Mark,
  type Place,
  type ReadLog,
  readerOf,
  readLogs,
  startGeneration,
} from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';
import { receivedOf } from '../broker/event-message.js';
import type { PhantomRange, PhantomWork, RestoredLog } from './consumer.decorator.js';
import type { LostPerson } from './lost-persons.js';
import { type Answer, checkPlaces, type EventSource, readAfter } from './source-log.js';

export interface ResyncOptions {
  readonly topic: string;
  readonly partition: number;
  readonly sources: readonly EventSource[];
  readonly db: Pick<Database, 'query' | 'transaction'>;
  /** Nothing is written without it. */
  readonly confirm: boolean;
  readonly onPhantoms?: (phantoms: PhantomRange, log: RestoredLog) => Promise<PhantomWork | undefined>;
}

/** What a resync found of one log, and did. */
export type Resynced =
  /** The log has the place that was read: nothing to do. */
  | { readonly logId: string; readonly source: string; readonly state: 'COMMON' }
  /** No source has this log any more, so that nothing can be compared; its successor is read from the beginning anyway. */
  | { readonly logId: string; readonly source: string; readonly state: 'LOG_GONE' }
  | {
      readonly logId: string;
      readonly source: string;
      readonly state: 'FORKED';
      /** From here on it is read again, if it was confirmed. */
      readonly mark: Place;
      /** What was taken and is no longer in the log. */
      readonly phantoms: PhantomRange;
      /** What the consumer says of them. */
      readonly report: readonly string[];
      readonly lost: readonly LostPerson[];
      readonly startedGeneration: number | undefined;
    };

/** Marks that are compared in one call. */
const PAGE = 1_000;

/**
 * Lets a partition go on whose publisher was restored to an older state: finds the newest place that reader and log have in common, and
 * begins a new generation of reading there. What was taken after it are phantoms: the consumer decides what becomes of them.
 * @throws RemoteError when a source does not answer
 */
export const resyncPartition = async (options: ResyncOptions): Promise<Resynced[]> => {
  const { topic, partition, sources, db } = options;
  const resynced: Resynced[] = [];
  for (const log of await readLogs(db, topic, [partition])) {
    const { source: name, place } = log;
    const source = sources.find((one) => one.source === name);
    if (!source || place.position === 0n) continue;
    const about = { logId: place.logId, source: name };
    const [standing] = await checkPlaces(source, [place]);
    if (standing === 'COMMON') resynced.push({ ...about, state: 'COMMON' });
    else if (standing === 'OTHER_LOG') resynced.push({ ...about, state: 'LOG_GONE' });
    else resynced.push(await goBack(options, log, source, await newestCommon(db, source, topic, log)));
  }
  return resynced;
};

const goBack = async (
  { topic, partition, db, confirm, onPhantoms }: ResyncOptions,
  log: ReadLog,
  from: EventSource,
  { mark, before }: Common,
): Promise<Resynced> => {
  const { place, source, generation } = log;
  const { logId } = place;
  const phantoms: PhantomRange = {
    ...{ topic, partition, source, logId },
    after: mark.position,
    upTo: place.position,
    since: mark.at,
  };
  const work = await onPhantoms?.(phantoms, {
    all: (asked) => eventsOf(from, topic, asked),
    recent: () => eventsOf(from, topic, partition, { ...before, logId }),
  });
  if (confirm)
    await db.transaction(async (tx) => {
      await startGeneration(tx, topic, log, mark);
      await work?.apply(tx);
    });
  const startedGeneration = confirm ? generation + 1 : undefined;
  const { position, hash } = mark;
  const { report = [], lost = [] } = work ?? {};
  return { logId, source, state: 'FORKED', mark: { position, hash }, phantoms, report, lost, startedGeneration };
};

const eventsOf = async function* (
  source: EventSource,
  topic: string,
  partition: number,
  after?: Place & { readonly logId: string },
): AsyncGenerator<CloudEvent> {
  const place = after && after.position > 0n ? { after: { ...after, partition } } : {};
  for await (const response of readAfter(source, { topic, partition, ...place }, new AbortController().signal))
    if (response.event) yield receivedOf(response);
};

interface Common {
  /** The newest place in common. */
  readonly mark: Mark;
  /** A common place before the step to it: what was handled after `mark.at`, and is still in the log, comes behind it. */
  readonly before: Place;
}

const BEGINNING: Mark = { position: 0n, hash: '', at: new Date(0) };

/** Marks of this generation, newest first, then those of the ones before it. */
const newestCommon = async (
  db: Pick<Database, 'query'>,
  source: EventSource,
  topic: string,
  { generation, place: { logId, partition, position } }: ReadLog,
): Promise<Common> => {
  let upTo = position;
  let mark: Mark | undefined;
  for (let from = generation; from >= 0; from--) {
    for (;;) {
      const marks = await marksOf(db, readerOf(topic, logId, from), partition, upTo, PAGE);
      const answers: Answer[] =
        marks.length === 0
          ? []
          : await checkPlaces(
              source,
              marks.map(({ position, hash }) => ({ position, hash, logId, partition })),
            );
      for (const found of marks.filter((_, index) => answers[index] === 'COMMON')) {
        if (mark && found.position < mark.position) return { mark, before: found };
        mark ??= found;
      }
      const last = marks.at(-1);
      if (!last) break;
      upTo = last.position - 1n;
    }
  }
  return { mark: mark ?? BEGINNING, before: BEGINNING };
};
