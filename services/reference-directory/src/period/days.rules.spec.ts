import { fromWire, type IsoDay, toWire } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { contains, dayNumber, dayOfNumber, periodOf, rangeOf } from './days.rules.js';

const day = (text: string) => text as IsoDay;

describe('day numbers', () => {
  it.each(['0001-01-01', '1899-12-31', '2009-12-31', '2010-01-01', '2024-02-29', '9999-12-31'])(
    'the day %s is converted to a number and back',
    (text) => {
      expect(dayOfNumber(dayNumber(day(text)))).toBe(text);
    },
  );

  it('a period of whole days is converted to a range and back', () => {
    const wire = { startDate: day('2020-01-01'), endDate: day('2020-12-31') };
    const parsed = fromWire(wire);
    const range = parsed.ok ? rangeOf(parsed.period) : undefined;
    expect(range && toWire(periodOf(range))).toEqual(wire);
    expect(range && contains(range, dayNumber(day('2020-12-31')))).toBe(true);
    expect(range && contains(range, dayNumber(day('2021-01-01')))).toBe(false);
  });
});
