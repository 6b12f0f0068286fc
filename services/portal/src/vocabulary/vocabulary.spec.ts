import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { describe, expect, it } from '@jest/globals';
import { Vocabulary, wordsByName } from './vocabulary.js';

const FORMS = ['17/2', 'PCSA:LIVING_WAGE'] as const;

const text = (en: string) => ({ nl: `${en} (nl)`, fr: `${en} (fr)`, de: `${en} (de)`, en });

const vocabularyWith = (...terms: readonly (readonly [kind: TermKind, name: string, en: string])[]): Vocabulary =>
  new Vocabulary(
    wordsByName(
      GetVocabularyResponse.fromPartial({
        terms: terms.map(([kind, name, en]) => ({
          kind,
          name,
          label: { name: text(en), phrase: text(en), description: text(en) },
        })),
      }),
    ),
    'nl',
  );

describe('the words of an inscription context', () => {
  it.each(FORMS.flatMap((registered) => FORMS.map((asked) => [registered, asked] as const)))(
    'registered for %s are found for %s',
    (registered, asked) => {
      const vocabulary = vocabularyWith([TermKind.TERM_KIND_INSCRIPTION_CONTEXT, registered, 'living wage']);
      expect(vocabulary.inscriptionContext(asked).name).toBe('living wage (nl)');
    },
  );

  it('are not those of a legal context with the same name', () => {
    const vocabulary = vocabularyWith([TermKind.TERM_KIND_LEGAL_CONTEXT, 'PCSA:LIVING_WAGE', 'purpose']);
    expect(vocabulary.inscriptionContext('PCSA:LIVING_WAGE').name).toBe('PCSA:LIVING_WAGE');
    expect(vocabulary.inscriptionContext('17/2').name).toBe('17/2');
  });

  it.each(['17/99', 'PCSA:NEW', 'no context'])('are, without a term, %s as it came', (name) => {
    expect(vocabularyWith().inscriptionContext(name)).toEqual({ name, phrase: name, description: '' });
  });
});
