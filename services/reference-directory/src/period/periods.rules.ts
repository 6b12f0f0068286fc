import type { DayRange } from './days.rules.js';

/** Periods in order, with at least one day between them. */
export type Periods = readonly DayRange[];

/** Adds a period; those that overlap or touch it are merged with it. */
export const addPeriod = (periods: Periods, added: DayRange): Periods => {
  if (periods.length === 0) return [added];
  let { start, end } = added;
  const separate: DayRange[] = [];
  for (const period of periods) {
    if (period.end < start || end < period.start) separate.push(period);
    else {
      start = Math.min(start, period.start);
      end = Math.max(end, period.end);
    }
  }
  return [...separate, { start, end }].sort((a, b) => a.start - b.start);
};

/** Removes all days from `end` on. */
export const endPeriods = (periods: Periods, end: number): Periods =>
  periods.filter(({ start }) => start < end).map((period) => ({ start: period.start, end: Math.min(period.end, end) }));

/**
 * The changes that turn `before` into `after`, each identified by its start: a new or changed period as it is now, a removed one as
 * empty. A period with an open start is never removed.
 */
export const changesBetween = (before: Periods, after: Periods): readonly DayRange[] => {
  if (before.length === 0) return after;
  const ends = new Map(before.map(({ start, end }) => [start, end]));
  const starts = new Set(after.map(({ start }) => start));
  const removed = before.filter(({ start }) => !starts.has(start)).map(({ start }) => ({ start, end: start }));
  return [...removed, ...after.filter(({ start, end }) => ends.get(start) !== end)];
};

/** Applies one of the changes of `changesBetween`. */
export const applyChange = (periods: Periods, change: DayRange): Periods => {
  const others = periods.filter(({ start }) => start !== change.start);
  return change.end <= change.start ? others : [...others, change].sort((a, b) => a.start - b.start);
};
