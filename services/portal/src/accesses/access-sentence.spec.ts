import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import { ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import { describe, expect, it } from '@jest/globals';
import { LANGUAGES, type Language } from '../text/language.js';
import { everyAccess, exampleAccess, exampleVocabulary, proposalAccess } from './access-line.examples.js';
import { accessLineOf } from './access-line.reader.js';
import type { AccessLine } from './access-line.rules.js';
import { Sentences } from './access-sentence.js';

const sentence = (language: Language, first: AccessLine, ...others: AccessLine[]): string =>
  new Sentences(language, exampleVocabulary(language)).of([first, ...others]);

describe('the sentence of a line', () => {
  it.each([
    [
      'en',
      'Employment Office looked up your address and your household on 3 November 2026, to decide on unemployment benefits.',
    ],
    [
      'nl',
      'Employment Office heeft uw adres en uw gezin opgezocht op 3 november 2026, om te beslissen over een werkloosheidsuitkering.',
    ],
    [
      'fr',
      'Employment Office a consulté votre adresse et votre ménage le 3 novembre 2026, pour décider d’allocations de chômage.',
    ],
    [
      'de',
      'Employment Office hat Ihre Adresse und Ihren Haushalt am 3. November 2026 abgefragt, um über Arbeitslosengeld zu entscheiden.',
    ],
  ] as const)('says in %s who looked up what, when and why', (language, expected) => {
    expect(sentence(language, accessLineOf(exampleAccess()))).toBe(expected);
  });

  it.each(LANGUAGES)('is whole in %s for each kind and each end, once and several times', (language) => {
    for (const access of everyAccess()) {
      const line = accessLineOf(access);
      for (const words of [sentence(language, line), sentence(language, line, line, line)]) {
        expect(words).toMatch(/^\S.*[.]$/);
        expect(words).not.toMatch(/[{}#]| {2}|undefined|null|\[object| ,|,,|NaN| \.$|: \./);
      }
    }
  });

  it('counts looks that it tells together', () => {
    const line = accessLineOf(exampleAccess());
    expect(sentence('en', line, line, line, line, line, line, line)).toContain('your household 7 times on 3 November');
    expect(sentence('de', line, line)).toContain('am 3. November 2026 2-mal abgefragt');
  });

  it('says of a refusal what was wanted, and why it was refused', () => {
    const refused = exampleAccess({ result: AccessResult.ACCESS_RESULT_REFUSED, reason: 'NOT_INSCRIBED' });
    expect(sentence('en', accessLineOf(refused))).toBe(
      'Employment Office wanted to look up your address and your household on 3 November 2026, to decide on unemployment benefits, and was refused: it has no file on you.',
    );
  });

  it('shows a purpose, data or reason without words as it is, in quotation marks', () => {
    const raw = exampleAccess({
      legalContext: 'PCSA:CURIOSITY',
      services: [{ dataService: 'new.data.v1' }],
    });
    expect(sentence('en', accessLineOf(raw))).toBe(
      'Employment Office looked up “new.data.v1” on 3 November 2026, for the purpose “PCSA:CURIOSITY”.',
    );
  });

  it('keeps names that look like a message of its own as they are', () => {
    const hostile = exampleAccess({ customerName: "{data} '{' <b>Office</b> # {count, plural, other {x}}" });
    expect(sentence('fr', accessLineOf(hostile))).toContain(
      "{data} '{' <b>Office</b> # {count, plural, other {x}} a consulté votre adresse",
    );
  });

  it('writes the day in Belgium, whatever the clock of the machine', () => {
    const late = exampleAccess({ time: new Date('2026-11-03T23:30:00Z') });
    expect(sentence('en', accessLineOf(late))).toContain('on 4 November 2026');
  });

  it('says when a confirmed change of numbers takes effect', () => {
    const confirmed = proposalAccess({
      step: ProposalStep.PROPOSAL_STEP_CONFIRMED,
      effectiveTime: new Date('2026-11-04T13:05:00Z'),
    });
    expect(sentence('en', accessLineOf(confirmed))).toContain('This takes effect on 4 November 2026.');
  });

  it('says that a person objected, and not which', () => {
    const contested = proposalAccess({ step: ProposalStep.PROPOSAL_STEP_CONTESTED, byPerson: true });
    expect(sentence('en', accessLineOf(contested))).toMatch(/^One of the persons concerned objected/);
  });

  it('does not say that somebody got data while that is not known', () => {
    const unknown = exampleAccess({ result: AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN });
    expect(sentence('en', accessLineOf(unknown))).toContain('It is not known whether it got an answer.');
    expect(sentence('en', accessLineOf(exampleAccess({ concluded: false })))).toContain('still under way');
  });

  it('says of a kind that this version does not know that something was recorded', () => {
    expect(sentence('en', accessLineOf(exampleAccess({ kind: 99 as AccessKind })))).toContain('Something was recorded');
  });
});
