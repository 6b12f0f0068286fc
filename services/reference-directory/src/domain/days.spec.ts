import { fromWire, type IsoDay, toWire } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { dayNumber, dayOfNumber, daysOf, holdsOn, periodOf } from './days.js';

const day = (text: string) => text as IsoDay;

describe('days', () => {
  it.each(['0001-01-01', '1899-12-31', '2009-12-31', '2010-01-01', '2024-02-29', '9999-12-31'])(
    'counts %s and back',
    (text) => {
      expect(dayOfNumber(dayNumber(day(text)))).toBe(text);
    },
  );

  it('takes a period from the wire and gives it back', () => {
    const wire = { startDate: day('2020-01-01'), endDate: day('2020-12-31') };
    const parsed = fromWire(wire);
    const days = parsed.ok ? daysOf(parsed.period) : undefined;
    expect(days && toWire(periodOf(days))).toEqual(wire);
    expect(days && holdsOn(days, dayNumber(day('2020-12-31')))).toBe(true);
    expect(days && holdsOn(days, dayNumber(day('2021-01-01')))).toBe(false);
  });
});
