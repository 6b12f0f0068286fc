import type { Queryable } from '@crossroads/database';

/** What is kept of the steps of a reader, besides the last one. */
const KEPT = {
  /** All of them for this long, many times a transaction's time-out: a frozen process meets the step that was taken instead of its own. */
  wholeMs: 10 * 60_000,
  /** Then one of each so many milliseconds: the marks that a resync compares with a restored log. */
  everyMs: 5 * 60_000,
  marksMs: 35 * 24 * 60 * 60_000,
} as const;

/** Deleted at a time: a long transaction would hold back the vacuum of everything else. */
const PAGE = 500;

interface TimedStep {
  readonly after: bigint;
  readonly at: Date;
}

/** Which of a reader's consecutive steps are pruned. The last one given is never among them. */
export const prunable = (steps: readonly TimedStep[], now: Date): bigint[] =>
  steps.slice(0, -1).flatMap(({ after, at }, index) => {
    const age = now.getTime() - at.getTime();
    if (age <= KEPT.wholeMs) return [];
    const next = steps[index + 1];
    const isMark = age <= KEPT.marksMs && next !== undefined && periodOf(next.at) !== periodOf(at);
    return isMark ? [] : [after];
  });

const periodOf = (at: Date): number => Math.floor(at.getTime() / KEPT.everyMs);

/** Where pruning goes on, by reader and partition: what lies before was looked at. Kept in memory by the process that prunes. */
export type PrunedUpTo = Map<string, bigint>;

/**
 * Prunes one page of each reader and partition. Returns whether there may be more. Give it a connection of its own: in the loop of a
 * reader it would stop that for a moment.
 */
export const pruneSteps = async (on: Pick<Queryable, 'query'>, now: Date, upTo: PrunedUpTo): Promise<boolean> => {
  let more = false;
  for (const { reader, partition } of await on.query<ReaderRow>(READERS)) {
    const name = `${reader}/${partition}`;
    // From the beginning, too: what was a mark for 35 days no longer is.
    for (const from of new Set([0n, upTo.get(name) ?? 0n])) {
      const steps = await on.query<TimedStep>(
        'select after, at from es.steps where reader = $1 and partition = $2 and after >= $3 order by after limit $4',
        [reader, partition, from, PAGE + 1],
      );
      const gone = prunable(steps, now);
      if (gone.length > 0)
        await on.query('delete from es.steps where reader = $1 and partition = $2 and after = any ($3)', [
          reader,
          partition,
          gone,
        ]);
      const reached = steps.findLast(({ at }) => now.getTime() - at.getTime() > KEPT.wholeMs)?.after;
      if (reached !== undefined && reached > (upTo.get(name) ?? 0n)) {
        upTo.set(name, reached);
        more ||= steps.length > PAGE;
      }
    }
  }
  return more;
};

/** Each reader and partition by a look-up of its own: the table is long, and they are few. */
const READERS = `
  with recursive found as (
    (select reader, partition from es.steps order by reader, partition limit 1)
    union all
    select next.reader, next.partition from found cross join lateral (
      select s.reader, s.partition from es.steps s where (s.reader, s.partition) > (found.reader, found.partition)
       order by s.reader, s.partition limit 1) next)
  select reader, partition from found`;

interface ReaderRow {
  readonly reader: string;
  readonly partition: number;
}
