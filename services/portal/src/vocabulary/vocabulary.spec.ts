import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { describe, expect, it } from '@jest/globals';
import { Vocabulary, wordsByName } from './vocabulary.js';

const textOf = (word: string) => ({ nl: `${word} nl`, fr: `${word} fr`, de: `${word} de`, en: `${word} en` });
const labelOf = (word: string) => ({
  name: textOf(word),
  phrase: textOf(`a ${word}`),
  description: textOf(`${word}!`),
});
const vocabulary = new Vocabulary(
  wordsByName(
    GetVocabularyResponse.fromPartial({
      policyRevision: 3n,
      institutions: [{ enterpriseNumber: '0206731645', name: 'Employment Office' }],
      terms: [
        { kind: TermKind.TERM_KIND_INSCRIPTION_CONTEXT, name: '17/2', label: labelOf('wage') },
        { kind: TermKind.TERM_KIND_LEGAL_CONTEXT, name: 'PCSA:SOCIAL_INQUIRY', label: labelOf('inquiry') },
        { kind: TermKind.TERM_KIND_FIELD_GROUP, name: 'person.identification.v1/address', label: labelOf('address') },
      ],
      reasons: [{ reason: 'NOT_GRANTED', label: labelOf('grant') }],
    }),
  ),
  'fr',
);

describe('the words of the policy', () => {
  it('are those of the language', () => {
    expect(vocabulary.legalContext('PCSA:SOCIAL_INQUIRY')).toEqual({
      name: 'inquiry fr',
      phrase: 'a inquiry fr',
      description: 'inquiry! fr',
    });
    expect(vocabulary.fieldGroup('person.identification.v1', 'address').name).toBe('address fr');
    expect(vocabulary.reason('NOT_GRANTED').name).toBe('grant fr');
    expect(vocabulary.institution('0206731645')).toBe('Employment Office');
  });

  it('are found under the code of an inscription context and under its text', () => {
    expect(vocabulary.inscriptionContext('17/2').name).toBe('wage fr');
    expect(vocabulary.inscriptionContext('PCSA:LIVING_WAGE').name).toBe('wage fr');
  });

  it('are the name itself where there are none', () => {
    expect(vocabulary.inscriptionContext('99/9').name).toBe('99/9');
    expect(vocabulary.fieldGroup('person.identification.v1', 'birth').name).toBe('birth');
    expect(vocabulary.institution('0999000129')).toBe('0999000129');
  });
});
