import type { Resynced } from './resync-partition.js';

const HEADINGS = ['partition', 'source', 'state', 'in common', 'taken after it', 'persons lost', 'generation'];

/** What became of each partition and log, one a line. */
export const resyncTable = (outcomes: ReadonlyMap<number, readonly Resynced[] | Error>): string[] => {
  const rows = [HEADINGS, ...[...outcomes].flatMap(([partition, outcome]) => rowsOf(String(partition), outcome))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

const rowsOf = (partition: string, outcome: readonly Resynced[] | Error): string[][] => {
  if (outcome instanceof Error) return [[partition, '-', 'failed', '-', '-', '-', '-']];
  if (outcome.length === 0) return [[partition, '-', 'nothing read', '-', '-', '-', '-']];
  return outcome.map((one) => {
    if (one.state !== 'FORKED') return [partition, one.source, STATES[one.state], '-', '-', '-', '-'];
    const { mark, phantoms, lost, startedGeneration } = one;
    const taken = String(phantoms.upTo - phantoms.after);
    const generation = startedGeneration === undefined ? 'not confirmed' : String(startedGeneration);
    return [partition, one.source, 'went back', String(mark.position), taken, String(lost.length), generation];
  });
};

const STATES = { COMMON: 'in step', LOG_GONE: 'another log' } as const;
