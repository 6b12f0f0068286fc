import type { Days } from './days.js';

/** The periods of one file on one person: apart from each other by at least a day, in order. */
export type Periods = readonly Days[];

/** With one more period; those that it meets or touches become one with it. */
export const withPeriod = (periods: Periods, added: Days): Periods => {
  if (periods.length === 0) return [added];
  let { start, end } = added;
  const apart: Days[] = [];
  for (const period of periods) {
    if (period.end < start || end < period.start) apart.push(period);
    else {
      start = Math.min(start, period.start);
      end = Math.max(end, period.end);
    }
  }
  return [...apart, { start, end }].sort((a, b) => a.start - b.start);
};

/** Without any day from `end` on. */
export const endedBefore = (periods: Periods, end: number): Periods =>
  periods.filter(({ start }) => start < end).map((period) => ({ start: period.start, end: Math.min(period.end, end) }));

/**
 * What became of each period, known by its start: new and altered ones as they are now, those that are gone as empty.
 * A gone period has a start: an open start never goes.
 */
export const changesBetween = (before: Periods, after: Periods): readonly Days[] => {
  if (before.length === 0) return after;
  const old = new Map(before.map(({ start, end }) => [start, end]));
  const kept = new Set(after.map(({ start }) => start));
  const gone = before.filter(({ start }) => !kept.has(start)).map(({ start }) => ({ start, end: start }));
  return [...gone, ...after.filter(({ start, end }) => old.get(start) !== end)];
};

/** Applies what `changesBetween` gave. */
export const withChange = (periods: Periods, change: Days): Periods => {
  const others = periods.filter(({ start }) => start !== change.start);
  return change.end <= change.start ? others : [...others, change].sort((a, b) => a.start - b.start);
};
