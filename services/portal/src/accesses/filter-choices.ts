import type { Language } from '../text/language.js';
import type { Vocabulary } from '../vocabulary/vocabulary.js';
import type { SelectOption } from '../component/select.js';
import type { Choices } from './access-filter.page.js';

/** Everything of the policy that has words, sorted by them. */
export const choicesOf = (language: Language, vocabulary: Vocabulary): Choices => {
  const sorted = (choices: Iterable<SelectOption>): readonly SelectOption[] =>
    [...choices].sort((one, other) => one.text.localeCompare(other.text, language));
  return {
    institutions: sorted(Array.from(vocabulary.institutions, ([value, text]) => ({ value, text }))),
    purposes: sorted(vocabulary.legalContexts.map((value) => ({ value, text: vocabulary.legalContext(value).name }))),
    dataServices: sorted(
      vocabulary.dataServices.map(({ dataService: value }) => ({ value, text: vocabulary.dataService(value).name })),
    ),
  };
};
