import type { Database, Tx } from '@crossroads/database';
import { marksOf, type Place, type ReadLog, readerOf, readLogs, startGeneration } from '@crossroads/eventsourcing';
import type { PhantomRange } from './consumer.decorator.js';
import { type Answer, checkPlaces, type EventSource } from './source-log.js';

export interface ResyncOptions {
  readonly topic: string;
  readonly partition: number;
  readonly sources: readonly EventSource[];
  readonly db: Pick<Database, 'query' | 'transaction'>;
  /** Nothing is written without it. */
  readonly confirm: boolean;
  readonly onPhantoms?: (range: PhantomRange, tx: Tx) => Promise<unknown>;
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
    else resynced.push(await goBack(options, log, await newestCommon(db, source, topic, log)));
  }
  return resynced;
};

const goBack = async (
  { topic, partition, db, confirm, onPhantoms }: ResyncOptions,
  log: ReadLog,
  mark: Place,
): Promise<Resynced> => {
  const { place, source, generation } = log;
  const phantoms = { topic, partition, logId: place.logId, after: mark.position, upTo: place.position };
  if (confirm)
    await db.transaction(async (tx) => {
      await startGeneration(tx, topic, log, mark);
      await onPhantoms?.(phantoms, tx);
    });
  const startedGeneration = confirm ? generation + 1 : undefined;
  return { logId: place.logId, source, state: 'FORKED', mark, phantoms, startedGeneration };
};

/** Marks of this generation, newest first, then those of the ones before it. */
const newestCommon = async (
  db: Pick<Database, 'query'>,
  source: EventSource,
  topic: string,
  { generation, place: { logId, partition, position } }: ReadLog,
): Promise<Place> => {
  let upTo = position;
  for (let from = generation; from >= 0; from--) {
    for (;;) {
      const marks = await marksOf(db, readerOf(topic, logId, from), partition, upTo, PAGE);
      const answers: Answer[] =
        marks.length === 0
          ? []
          : await checkPlaces(
              source,
              marks.map((mark) => ({ ...mark, logId, partition })),
            );
      const common = marks[answers.indexOf('COMMON')];
      if (common) return common;
      const last = marks.at(-1);
      if (!last) break;
      upTo = last.position - 1n;
    }
  }
  return { position: 0n, hash: '' };
};
