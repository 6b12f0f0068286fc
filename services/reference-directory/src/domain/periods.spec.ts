import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Days } from './days.js';
import { changesBetween, endedBefore, type Periods, withChange, withPeriod } from './periods.js';

const start = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(Number.NEGATIVE_INFINITY));
const end = fc.oneof(fc.integer({ min: 1, max: 41 }), fc.constant(Number.POSITIVE_INFINITY));
const period = fc
  .tuple(start, end)
  .filter(([a, b]) => a < b)
  .map(([a, b]): Days => ({ start: a, end: b }));
const periods = fc.array(period, { maxLength: 8 }).map((all) => all.reduce<Periods>(withPeriod, []));

const days = Array.from({ length: 44 }, (_, n) => n - 1);
const holds = (all: Periods, day: number) => all.some((one) => one.start <= day && day < one.end);

describe('periods', () => {
  it('hold the days of both after one more, and stay apart by a day at least', () => {
    fc.assert(
      fc.property(periods, period, (before, added) => {
        const after = withPeriod(before, added);
        for (const day of days) expect(holds(after, day)).toBe(holds(before, day) || holds([added], day));
        for (const [n, next] of after.slice(1).entries())
          expect(next.start).toBeGreaterThan(after[n]?.end ?? Number.NaN);
      }),
    );
  });

  it('come out the same in whatever order they are added', () => {
    fc.assert(
      fc.property(fc.array(period, { maxLength: 6 }), (added) => {
        expect([...added].reverse().reduce<Periods>(withPeriod, [])).toEqual(added.reduce<Periods>(withPeriod, []));
      }),
    );
  });

  it('hold nothing from an end on, and all before it', () => {
    fc.assert(
      fc.property(periods, fc.integer({ min: -1, max: 42 }), (before, until) => {
        const after = endedBefore(before, until);
        for (const day of days) expect(holds(after, day)).toBe(holds(before, day) && day < until);
      }),
    );
  });

  it('are led by their changes from before to after', () => {
    fc.assert(
      fc.property(periods, periods, (before, after) => {
        // Only what can happen: a period with an open start never goes.
        fc.pre(
          !before.some((one) => one.start === Number.NEGATIVE_INFINITY) ||
            after.some((one) => one.start === Number.NEGATIVE_INFINITY),
        );
        expect(changesBetween(before, after).reduce(withChange, before)).toEqual(after);
      }),
    );
  });
});
