import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { askedListOf, isNarrowed, type ListFilter, queryOf, SHOWN_KINDS } from './list-filter.rules.js';

const asked = (query: string) => askedListOf(new URLSearchParams(query));

describe('the filter of the list', () => {
  it('shows everything but the own looks without a query', () => {
    const { filter, problems, pageToken } = asked('');
    expect(isNarrowed(filter)).toBe(false);
    expect({ own: filter.own, problems, pageToken }).toEqual({ own: false, problems: [], pageToken: '' });
  });

  it('reads a day from the three fields of the form, with and without zeros', () => {
    expect(asked('from-day=3&from-month=11&from-year=2026').filter.from).toBe('2026-11-03');
    expect(asked('from-day=03&from-month=11&from-year=2026').filter.from).toBe('2026-11-03');
  });

  it('shows the day of a link in the fields of the form', () => {
    expect(asked('from=2026-11-03').typed.from).toEqual({ day: '3', month: '11', year: '2026' });
  });

  it.each([
    ['from-day=30&from-month=2&from-year=2026', 'from'],
    ['from-day=3', 'from'],
    ['to=yesterday', 'to'],
    ['from=2026-11-03&to=2026-11-02', 'period'],
  ])('names what is wrong with %s', (query, problem) => {
    expect(asked(query).problems).toEqual([problem]);
  });

  it('keeps what was typed, so that it can be corrected', () => {
    expect(asked('from-day=30&from-month=2&from-year=2026').typed.from).toEqual({
      day: '30',
      month: '2',
      year: '2026',
    });
  });

  it('is the same after it went through an address', () => {
    const text = fc.constantFrom('', '0999000624', 'NEO:UNEMPLOYMENT_BENEFIT', 'a&b=c d', '<b>');
    const day = fc.constantFrom(undefined, '2026-01-01', '2026-12-31') as fc.Arbitrary<ListFilter['from']>;
    const filters = fc
      .record({
        institution: text,
        purpose: text,
        data: text,
        kind: fc.constantFrom(...SHOWN_KINDS),
        refused: fc.boolean(),
        own: fc.boolean(),
        from: day,
        to: day,
      })
      .filter(({ from, to }) => from === undefined || to === undefined || from <= to);
    fc.assert(
      fc.property(filters, text, (filter, token) => {
        const read = askedListOf(new URLSearchParams(queryOf(filter, token)));
        expect(read).toMatchObject({ filter, pageToken: token, problems: [] });
      }),
    );
  });
});
