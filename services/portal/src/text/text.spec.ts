import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatDay,
  formatDayOf,
  formatEnterpriseNumber,
  formatInstant,
  formatList,
  formatNumber,
  formatSsin,
} from './format.js';
import { LANGUAGES, languageOf } from './language.js';
import { formatPeriod } from './period.js';
import { texts } from './texts.js';

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
const anyLanguage = fc.constantFrom(...LANGUAGES);

describe('texts', () => {
  const count = '{count, plural, one {# letter} other {# letters}}';
  const t = texts({
    nl: { mail: '{count, plural, one {# brief} other {# brieven}}' },
    fr: { mail: '{count, plural, one {# lettre} other {# lettres}}' },
    de: { mail: '{count, plural, one {# Brief} other {# Briefe}}' },
    en: { mail: count },
  });

  it('a text counts as its language does', () => {
    expect(LANGUAGES.map((language) => t(language)('mail', { count: 0 }))).toEqual([
      '0 brieven',
      '0 lettre',
      '0 Briefe',
      '0 letters',
    ]);
  });

  it('a text that fills in other values in one language is refused at once', () => {
    const same = { key: 'to {name}' };
    expect(() => texts({ nl: { key: 'aan {naam}' }, fr: same, de: same, en: same })).toThrow(
      'text key: nl fills in naam, en name',
    );
    expect(() => texts({ nl: same, fr: same, de: { key: 'an' }, en: same })).toThrow('de fills in nothing, en name');
  });

  it('a text that is no ICU message is refused at once', () => {
    const broken = { key: 'to {name' };
    expect(() => texts({ nl: broken, fr: broken, de: broken, en: broken })).toThrow();
  });

  it('a value is text, whatever it looks like', () => {
    const one = { key: '<b>{name}</b>' };
    const say = texts({ nl: one, fr: one, de: one, en: one })('en');
    fc.assert(fc.property(fc.string(), (name) => expect(say('key', { name })).toBe(`<b>${name}</b>`)));
  });
});

describe('dates', () => {
  it('a day is written as each language writes it', () => {
    expect(LANGUAGES.map((language) => formatDay(language, '2026-11-28'))).toEqual([
      '28 november 2026',
      '28 novembre 2026',
      '28. November 2026',
      '28 November 2026',
    ]);
    expect(formatDay('fr', '2026-05-01')).toBe('1er mai 2026');
    expect(formatDay('de', '2026-05-01', 'short')).toBe('01.05.2026');
  });

  it('a day that is half unknown is written as far as it is known', () => {
    expect(formatDay('nl', '1985-07-00')).toBe('juli 1985');
    expect(formatDay('nl', '1985-00-00')).toBe('1985');
  });

  it('an instant is that of Belgium, in summer and in winter', () => {
    expect(formatInstant('en', new Date('2026-07-31T22:30:00Z'))).toBe('1 August 2026, 00:30');
    expect(formatInstant('en', new Date('2026-12-31T22:30:00Z'))).toBe('31 December 2026, 23:30');
    expect(formatDayOf('fr', new Date('2026-07-31T22:30:00Z'))).toBe('1er août 2026');
  });

  it('a day says the same date wherever the process runs', () => {
    fc.assert(
      fc.property(
        anyLanguage,
        fc.date({ min: new Date('1850-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (language, date) => {
          const [year = '', month = '', day = ''] = date.toISOString().slice(0, 10).split('-');
          expect(formatDay(language, `${year}-${month}-${day}`, 'short').match(/\d+/g)).toEqual([day, month, year]);
        },
      ),
    );
  });

  it('what is no day is written as it is', () => {
    for (const text of ['', 'soon', '2026-13-01', '2026-1-1']) expect(formatDay('en', text)).toBe(text);
  });

  it('a period may be open on either side', () => {
    expect(formatPeriod('en', { from: '2024-03-01', to: '2024-05-31' })).toBe('from 1 March 2024 to 31 May 2024');
    expect(formatPeriod('fr', { from: '2024-03-01' })).toBe('depuis le 1er mars 2024');
    expect(formatPeriod('nl', { to: '2024-05-31' })).toBe('tot en met 31 mei 2024');
    expect(formatPeriod('de', {})).toBe('');
  });
});

describe('lists and numbers', () => {
  it('a list ends with "and"', () => {
    expect(LANGUAGES.map((language) => formatList(language, ['a', 'b', 'c']))).toEqual([
      'a, b en c',
      'a, b et c',
      'a, b und c',
      'a, b and c',
    ]);
  });

  it('a number is grouped', () => {
    expect(formatNumber('nl', 1_234_567)).toBe('1.234.567');
  });

  it('enterprise numbers and SSINs keep their digits', () => {
    expect(formatEnterpriseNumber('0999000129')).toBe('0999.000.129');
    expect(formatSsin('85073003328')).toBe('85.07.30-033.28');
    const bare = (text: string) => text.replace(/[.-]/g, '');
    fc.assert(fc.property(digits(10), (number) => expect(bare(formatEnterpriseNumber(number))).toBe(number)));
    fc.assert(fc.property(digits(11), (ssin) => expect(bare(formatSsin(ssin))).toBe(ssin)));
  });
});

describe('the language of a browser', () => {
  it.each([
    ['fr-BE,fr;q=0.9,en;q=0.8', 'fr'],
    ['en;q=0.2, nl;q=0.7', 'nl'],
    ['es, de;q=0.1', 'de'],
    ['nl;q=0, fr', 'fr'],
    ['es', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ])('%j is answered in %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  it('any header is answered in one of ours', () => {
    fc.assert(fc.property(fc.string(), (header) => expect(LANGUAGES).toContain(languageOf(header))));
  });
});
