import type { Queryable } from '@crossroads/database';
import type { LogPlace, Place } from '../place.js';
import { takeSteps } from './steps.js';

/** How far this service has read one partition of a topic in one log. */
export interface ReadLog {
  /** The URN of the service whose log it is. */
  readonly source: string;
  /** 0 at first; each resync after a restore of that log starts the next one. */
  readonly generation: number;
  readonly place: LogPlace;
}

/** The name of a reader in `es.steps`. */
export const readerOf = (topic: string, logId: string, generation: number): string => `${topic} ${logId} ${generation}`;

const READ_LOGS = {
  name: 'es-read-logs',
  // One statement, so that the step is of the generation that is current.
  text: `select g.partition, g.log_id, g.generation, g.source, s.position, encode(s.hash, 'hex') as hash
      from unnest($2::smallint[]) asked (partition)
      cross join lateral (
        select distinct on (log_id) partition, log_id, generation, source, at from es.generations
         where topic = $1 and partition = asked.partition order by log_id, generation desc) g
      left join lateral (
        select position, hash from es.steps
         where reader = $1 || ' ' || g.log_id || ' ' || g.generation and partition = g.partition
         order by after desc limit 1) s on true
     order by g.at`,
};

/** The logs of which some of these partitions was read, the one that was begun last at the end. */
export const readLogs = async (
  on: Pick<Queryable, 'query'>,
  topic: string,
  partitions: readonly number[],
): Promise<ReadLog[]> => {
  const rows = await on.query<GenerationRow>(READ_LOGS, [topic, partitions]);
  return rows.map(({ partition, log_id: logId, generation, source, position, hash }) => ({
    source,
    generation,
    place: { logId, partition, position: position ?? 0n, hash: hash ?? '' },
  }));
};

/** Notes a log that is read for the first time. Idempotent. Call it in the transaction of its first step. */
export const beginLog = async (
  on: Pick<Queryable, 'query'>,
  topic: string,
  { source, place: { logId, partition } }: Omit<ReadLog, 'generation'>,
): Promise<void> => {
  await on.query(
    `insert into es.generations (topic, partition, log_id, generation, source) values ($1, $2, $3, 0, $4)
     on conflict do nothing`,
    [topic, partition, logId, source],
  );
};

/** The place of a generation that has ended: nothing comes after it, so that no late process goes on in it. */
const CLOSED = 2n ** 63n - 1n;

/**
 * Ends the current generation of a log and starts the next one at `mark`. @throws StepTaken, or an error with code 23505, when the reader
 * has gone on or another resync was faster
 */
export const startGeneration = async (
  on: Pick<Queryable, 'query'>,
  topic: string,
  { source, generation, place: { logId, partition, position, hash } }: ReadLog,
  mark: Place,
): Promise<void> => {
  const next = generation + 1;
  await takeSteps(on, [
    { reader: readerOf(topic, logId, generation), partition, after: position, place: { position: CLOSED, hash } },
    // The first step of a generation says where it begins, also at the beginning of the log.
    { reader: readerOf(topic, logId, next), partition, after: mark.position > 0n ? 0n : -1n, place: mark },
  ]);
  await on.query(
    'insert into es.generations (topic, partition, log_id, generation, source) values ($1, $2, $3, $4, $5)',
    [topic, partition, logId, next, source],
  );
};

const MARKS = {
  name: 'es-marks',
  text: `select position, encode(hash, 'hex') as hash from es.steps
     where reader = $1 and partition = $2 and position between 1 and $3 and position < ${CLOSED} order by after desc limit $4`,
};

/** Places that a reader has passed, newest first: at most `limit`, up to `upTo`. */
export const marksOf = (
  on: Pick<Queryable, 'query'>,
  reader: string,
  partition: number,
  upTo: bigint,
  limit: number,
): Promise<Place[]> => on.query<{ position: bigint; hash: string }>(MARKS, [reader, partition, upTo, limit]);

interface GenerationRow {
  readonly partition: number;
  readonly log_id: string;
  readonly generation: number;
  readonly source: string;
  readonly position: bigint | null;
  readonly hash: string | null;
}
