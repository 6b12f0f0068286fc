import { lostLine } from './lost-persons.js';
import type { Resynced } from './resync-partition.js';
import { resyncTable } from './resync-table.js';

type Outcome = readonly Resynced[] | Error;

/**
 * Each partition in turn, then a table of all. One that fails does not keep the others waiting.
 * @throws when some failed
 */
export const resyncAll = async (
  partitions: readonly number[],
  resync: (partition: number) => Promise<readonly Resynced[]>,
  say: (line: string) => void,
): Promise<void> => {
  const outcomes = new Map<number, Outcome>();
  for (const number of partitions) {
    const outcome = await resync(number).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    outcomes.set(number, outcome);
    for (const line of linesOf(outcome)) say(`partition ${number}: ${line}`);
    for (const line of lostLines(outcome)) say(line);
  }
  for (const line of resyncTable(outcomes)) say(line);
  const failed = [...outcomes].flatMap(([number, outcome]) => (outcome instanceof Error ? [number] : []));
  if (failed.length > 0) throw new Error(`partitions ${failed.join(', ')} failed; repeat it, the others do not change`);
};

const linesOf = (outcome: Outcome): string[] =>
  outcome instanceof Error ? [`failed: ${outcome.message.split('\n')[0]}`] : sentencesOf(outcome);

const lostLines = (outcome: Outcome): string[] =>
  outcome instanceof Error ? [] : outcome.flatMap((one) => (one.state === 'FORKED' ? one.lost.map(lostLine) : []));

/** What a resync says to who has started it. */
export const resyncReport = (resynced: readonly Resynced[]): string[] => [
  ...sentencesOf(resynced),
  ...lostLines(resynced),
];

const sentencesOf = (resynced: readonly Resynced[]): string[] => {
  if (resynced.length === 0) return ['Nothing was read of this partition yet.'];
  return resynced.flatMap((one) => {
    const log = `log ${one.logId} of ${one.source}`;
    if (one.state === 'COMMON') return [`${log}: it has the place that was read; nothing to do.`];
    if (one.state === 'LOG_GONE')
      return [`${log}: its publisher has another log now, which is read from its beginning.`];
    const { after, upTo } = one.phantoms;
    return [
      `${log}: the newest place in common is ${one.mark.position}.`,
      `Positions ${after + 1n} to ${upTo} (${upTo - after}) were taken here, and may be lost at the publisher.`,
      ...one.report,
      ...(one.lost.length > 0
        ? [`The source has to state ${one.lost.length} persons again: main.js reassert reads the lines below.`]
        : []),
      one.startedGeneration === undefined
        ? 'Nothing was written. Repeat it with --confirm to go on from there.'
        : `Generation ${one.startedGeneration} goes on from there by itself.`,
    ];
  });
};
