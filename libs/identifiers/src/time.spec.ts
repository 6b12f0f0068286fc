import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { completeDay, datePartsOf, incompleteDate, isAfterDay, parseIncompleteDate } from './incomplete-date.js';
import { addDays, dayOf, type IsoDay, parseIsoDay } from './iso-day.js';
import { containsDay, containsPeriod, fromWire, overlaps, type Period, toWire } from './period.js';

const day = (text: string): IsoDay => {
  const parsed = parseIsoDay(text);
  if (parsed === undefined) throw new Error(`${text} is no day`);
  return parsed;
};

const days = fc.integer({ min: 0, max: 3_000 }).map((offset) => addDays(day('2020-01-01'), offset));

describe('a day', () => {
  it.each(['2026-02-29', '2026-13-01', '2026-00-01', '0000-01-01', '2026-1-1', '2026-01-01T00:00', ''])(
    '%j does not exist',
    (text) => {
      expect(parseIsoDay(text)).toBeUndefined();
    },
  );

  it('exists on the 29th of February in leap years', () => {
    expect(parseIsoDay('2024-02-29')).toBe('2024-02-29');
    expect(parseIsoDay('2000-02-29')).toBe('2000-02-29');
    expect(parseIsoDay('1900-02-29')).toBeUndefined();
  });

  it('begins at the same instant whatever was asked before, also for offsets of odd minutes', () => {
    for (let at = Date.UTC(2026, 5, 30, 21, 40), before = ''; at < Date.UTC(2026, 5, 30, 22, 20); at += 1_000) {
      const day = dayOf(new Date(at));
      expect(day).toBe(at < Date.UTC(2026, 5, 30, 22) ? '2026-06-30' : '2026-07-01');
      expect(day >= before).toBe(true);
      before = day;
    }
    // Until 1880 Brussels was 17 minutes and 30 seconds before Greenwich.
    expect([dayOf(new Date('1870-01-01T23:42:29Z')), dayOf(new Date('1870-01-01T23:42:30Z'))]).toEqual([
      '1870-01-01',
      '1870-01-02',
    ]);
    expect(() => dayOf(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => dayOf(new Date(Number.NaN))).toThrow(RangeError);
  });

  it('begins at midnight in Brussels, in summer and in winter', () => {
    expect(dayOf(new Date('2026-07-01T21:59:59Z'))).toBe('2026-07-01');
    expect(dayOf(new Date('2026-07-01T22:00:00Z'))).toBe('2026-07-02');
    expect(dayOf(new Date('2026-12-31T22:59:59Z'))).toBe('2026-12-31');
    expect(dayOf(new Date('2026-12-31T23:00:00Z'))).toBe('2027-01-01');
    expect(dayOf(new Date('2026-12-31T23:00:00Z'), 'UTC')).toBe('2026-12-31');
    expect(() => dayOf(new Date(Number.NaN))).toThrow(RangeError);
  });

  it('plus a number of days follows the calendar', () => {
    expect(addDays(day('2024-02-28'), 1)).toBe('2024-02-29');
    expect(addDays(day('2026-01-01'), -1)).toBe('2025-12-31');
    expect(() => addDays(day('9999-12-31'), 1)).toThrow(RangeError);
  });
});

describe('an incomplete date', () => {
  it('keeps its unknown parts through google.type.Date and back', () => {
    for (const text of ['1981-05-01', '1981-05-00', '1981-00-00']) {
      const date = parseIncompleteDate(text);
      expect(date).toBe(text);
      if (date !== undefined) expect(incompleteDate(datePartsOf(date))).toBe(text);
    }
  });

  it.each(['1981-00-01', '0000-05-01', '1981-13-00', '1981-02-30', '81-05-01', ''])('%j is not accepted', (text) => {
    expect(parseIncompleteDate(text)).toBeUndefined();
  });

  it('is a day only when all of it is known', () => {
    expect(
      [parseIncompleteDate('1981-05-00'), parseIncompleteDate('1981-05-01')].map((date) => date && completeDay(date)),
    ).toEqual([undefined, '1981-05-01']);
  });

  it('is after a day only when that is certain', () => {
    const after = (text: string) => {
      const date = parseIncompleteDate(text);
      return date !== undefined && isAfterDay(date, day('2026-11-22'));
    };
    expect(['2026-11-23', '2026-12-00', '2027-00-00'].map(after)).toEqual([true, true, true]);
    expect(['2026-11-22', '2026-11-00', '2026-00-00'].map(after)).toEqual([false, false, false]);
  });
});

describe('a period', () => {
  const periodOf = (startDate?: string, endDate?: string): Period => {
    const parsed = fromWire({ startDate: startDate && day(startDate), endDate: endDate && day(endDate) } as Parameters<
      typeof fromWire
    >[0]);
    if (!parsed.ok) throw new Error(parsed.issue);
    return parsed.period;
  };

  it('includes its first and its last day', () => {
    const period = periodOf('2026-01-01', '2026-01-31');
    expect(
      ['2025-12-31', '2026-01-01', '2026-01-31', '2026-02-01'].map((text) => containsDay(period, day(text))),
    ).toEqual([false, true, true, false]);
  });

  it('may be one day long, and not end before it begins', () => {
    expect(containsDay(periodOf('2026-01-01', '2026-01-01'), day('2026-01-01'))).toBe(true);
    expect(fromWire({ startDate: day('2026-01-02'), endDate: day('2026-01-01') })).toEqual({
      ok: false,
      issue: 'INVALID_PERIOD',
    });
  });

  it('is open without a day, and at 9999-12-31', () => {
    expect(periodOf()).toEqual({});
    expect(periodOf('2026-01-01', '9999-12-31')).toEqual({ start: '2026-01-01' });
    expect(overlaps(periodOf(), periodOf('2026-01-01', '2026-01-01'))).toBe(true);
    expect(containsPeriod(periodOf(), periodOf('2026-01-01'))).toBe(true);
    expect(containsPeriod(periodOf('2026-01-01'), periodOf())).toBe(false);
  });

  it('does not overlap one that begins the day after its end', () => {
    expect(overlaps(periodOf('2026-01-01', '2026-01-31'), periodOf('2026-02-01'))).toBe(false);
    expect(overlaps(periodOf('2026-01-01', '2026-02-01'), periodOf('2026-02-01'))).toBe(true);
  });

  const periods = fc
    .tuple(fc.option(days, { nil: undefined }), fc.option(days, { nil: undefined }))
    .filter(([start, end]) => start === undefined || end === undefined || start <= end);

  it('is equal after conversion to the wire and back', () => {
    fc.assert(
      fc.property(periods, ([startDate, endDate]) => {
        const parsed = fromWire({ startDate, endDate });
        expect(parsed.ok && toWire(parsed.period)).toEqual(JSON.parse(JSON.stringify({ startDate, endDate })));
      }),
    );
  });

  it('overlaps another exactly when a day is in both, and contains it when no day of it is outside', () => {
    const span = 40;
    const near = fc
      .tuple(fc.integer({ min: 0, max: span }), fc.integer({ min: 0, max: span }))
      .map(
        ([a, b]) => [addDays(day('2026-01-01'), Math.min(a, b)), addDays(day('2026-01-01'), Math.max(a, b))] as const,
      )
      .map(([start, end]) => periodOf(start, end));
    const all = Array.from({ length: span + 1 }, (_, i) => addDays(day('2026-01-01'), i));
    fc.assert(
      fc.property(near, near, (a, b) => {
        expect(overlaps(a, b)).toBe(all.some((one) => containsDay(a, one) && containsDay(b, one)));
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(containsPeriod(a, b)).toBe(all.every((one) => !containsDay(b, one) || containsDay(a, one)));
      }),
    );
  });
});
