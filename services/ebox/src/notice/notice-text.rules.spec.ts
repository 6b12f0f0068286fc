import { describe, expect, it } from '@jest/globals';
import { filledIn, placeholdersOf } from './notice-text.rules.js';

const values = {
  institution: 'Health Insurance Fund {reference}',
  dataService: 'Wages',
  effectiveDay: { year: 2026, month: 3, day: 2 },
};

describe('the text of a notice', () => {
  it('has values in the place of its placeholders, which are no texts with placeholders themselves', () => {
    expect(filledIn('{institution}: {dataService}, {dataService}', values, 'en')).toBe(
      'Health Insurance Fund {reference}: Wages, Wages',
    );
  });

  it.each([
    ['nl', '2 maart 2026'],
    ['fr', '2 mars 2026'],
    ['de', '2. März 2026'],
    ['en', 'March 2, 2026'],
  ] as const)('has days as they are written in its language: %s', (language, written) => {
    expect(filledIn('{effectiveDay}', values, language)).toBe(written);
  });

  it('has of a day what is known of it', () => {
    const of = (month: number) =>
      filledIn('{effectiveDay}', { ...values, effectiveDay: { year: 2026, month, day: 0 } }, 'nl');
    expect([of(3), of(0)]).toEqual(['maart 2026', '2026']);
  });

  it('names its placeholders, each once', () => {
    expect(placeholdersOf(['{a} {b}', '{a} {}', 'c'])).toEqual(['a', 'b']);
  });
});
