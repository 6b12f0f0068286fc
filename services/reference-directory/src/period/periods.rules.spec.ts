import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DayRange } from './days.rules.js';
import { addPeriod, applyChange, changesBetween, endPeriods, type Periods } from './periods.rules.js';

const start = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Number.NEGATIVE_INFINITY));
const end = fc.oneof(fc.integer({ min: 1, max: 41 }), fc.constant(Number.POSITIVE_INFINITY));
const period = fc
  .tuple(start, end)
  .filter(([a, b]) => a < b)
  .map(([a, b]): DayRange => ({ start: a, end: b }));
const periods = fc.array(period, { maxLength: 8 }).map((all) => all.reduce<Periods>(addPeriod, []));

const days = Array.from({ length: 44 }, (_, n) => n - 1);
const holds = (all: Periods, day: number) => all.some((one) => one.start <= day && day < one.end);

describe('periods', () => {
  it('adding a period keeps all days, and periods stay at least one day apart', () => {
    fc.assert(
      fc.property(periods, period, (before, added) => {
        const after = addPeriod(before, added);
        for (const day of days) expect(holds(after, day)).toBe(holds(before, day) || holds([added], day));
        for (const [n, next] of after.slice(1).entries())
          expect(next.start).toBeGreaterThan(after[n]?.end ?? Number.NaN);
      }),
    );
  });

  it('the order in which periods are added does not matter', () => {
    fc.assert(
      fc.property(fc.array(period, { maxLength: 6 }), (added) => {
        expect([...added].reverse().reduce<Periods>(addPeriod, [])).toEqual(added.reduce<Periods>(addPeriod, []));
      }),
    );
  });

  it('ending periods removes all days from the end on, and none before it', () => {
    fc.assert(
      fc.property(periods, fc.integer({ min: -1, max: 42 }), (before, until) => {
        const after = endPeriods(before, until);
        for (const day of days) expect(holds(after, day)).toBe(holds(before, day) && day < until);
      }),
    );
  });

  it('applying the changes between two lists of periods gives the second list', () => {
    fc.assert(
      fc.property(periods, periods, (before, after) => {
        // Only what can happen: a period with an open start never goes.
        fc.pre(
          !before.some((one) => one.start === Number.NEGATIVE_INFINITY) ||
            after.some((one) => one.start === Number.NEGATIVE_INFINITY),
        );
        expect(changesBetween(before, after).reduce(applyChange, before)).toEqual(after);
      }),
    );
  });
});
