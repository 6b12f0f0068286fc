import { OwnFact } from '@crossroads/contracts/person/v1/citizen_service';
import type { IsoDay } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { renderToString } from 'preact-render-to-string';
import { exampleVocabulary } from '../accesses/access-line.examples.js';
import { LANGUAGES, type Language } from '../text/language.js';
import { knownFactsOf } from './known-facts.js';
import { OwnDataPage, type OwnFile } from './own-data.page.js';

const TODAY = '2026-11-28' as IsoDay;
const day = (year: number, month: number, date: number) => ({ year, month, day: date });
const fact = (one: object, start = day(2020, 1, 1), end?: ReturnType<typeof day>): OwnFact =>
  OwnFact.fromPartial({
    fact: { period: { startDate: start, ...(end ? { endDate: end } : {}) }, fact: one as never },
    recordedTime: new Date('2026-03-01T12:00:00Z'),
    reporter: '0999000624',
  });

const FACTS = [
  fact({
    $case: 'birth',
    value: { date: day(1956, 0, 0), place: { municipality: '<b>Gent</b>', countryCode: 'BEL' } },
  }),
  fact({ $case: 'gender', value: { genderCode: 2 } }),
  fact({ $case: 'civilStatus', value: { civilStatusCode: '77', partnerSsin: '' } }),
  fact({ $case: 'nationality', value: { nationalityCode: '150' } }),
  fact({ $case: 'address', value: { street: 'Oude straat', houseNumber: '1' } }, day(2010, 1, 1), day(2019, 12, 31)),
];

const FILES: readonly OwnFile[] = [
  { institution: '0999000624', context: 'NEO:CONTROLLED_UNEMPLOYED', from: '2026-01-01', to: '', isCurrent: true },
];

const page = (language: Language, parts: { person?: boolean; files?: boolean } = {}) =>
  renderToString(
    <OwnDataPage
      language={language}
      vocabulary={exampleVocabulary(language)}
      person={
        parts.person === false
          ? undefined
          : { ssin: '85073003328', replacedSsins: ['85073003427'], facts: knownFactsOf(language, FACTS, TODAY) }
      }
      files={parts.files === false ? undefined : FILES}
    />,
  );

describe('the page of what is known about a person', () => {
  it('keeps an incomplete date incomplete, and shows a name as text', () => {
    expect(page('en')).toContain('1956, &lt;b>Gent&lt;/b>, Belgium');
  });

  it('says where a fact comes from, since when it is so and since when it is known', () => {
    expect(page('en')).toContain(
      'True since 1 January 2020 · Known since 1 March 2026 · Reported by Employment Office',
    );
  });

  it('puts codes in words, and shows others as codes', () => {
    const html = page('fr');
    for (const words of ['Femme', 'Belgique', 'Code 77']) expect(html).toContain(words);
  });

  it('folds a fact that ended', () => {
    expect(page('en')).toMatch(/<details[^>]*>.*Oude straat 1.*<\/details>/s);
  });

  it.each(LANGUAGES)('shows in %s one part when the other is away', (language) => {
    expect(page(language, { files: false })).toContain('85.07.30-033.28');
    expect(page(language, { files: false })).not.toContain('01.2026');
    expect(page(language, { person: false })).toContain('Employment Office');
    expect(page(language, { person: false })).not.toContain('85.07.30');
    expect(page(language)).not.toMatch(/undefined|\[object|\{[a-z]/);
  });
});
