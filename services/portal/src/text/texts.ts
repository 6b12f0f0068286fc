import { IntlMessageFormat } from 'intl-messageformat';
import { LANGUAGES, LOCALES, type Language } from './language.js';

/** What a message is filled with. Dates and lists are formatted before (`format.ts`), so that each is written in one way. */
type TextValues = Readonly<Record<string, string | number>>;

export type Translate<Key extends string> = (key: Key, values?: TextValues) => string;

/**
 * The texts of a page in every language, as ICU messages: a key that a language lacks does not compile.
 * @throws Error at once for a message that is no ICU message, or whose language fills in other values than the rest
 */
export const texts = <const Key extends string>(
  messages: Readonly<Record<Language, Readonly<Record<Key, string>>>>,
): ((language: Language) => Translate<Key>) => {
  const parsed = new Map(LANGUAGES.map((language) => [language, parse(language, messages[language])]));
  requireSameValues(parsed);
  return (language) => (key, values) => String(parsed.get(language)?.get(key)?.format(values));
};

type Messages = ReadonlyMap<string, IntlMessageFormat>;

/** Tags are text like any other: a page marks up what it says itself. */
const parse = (language: Language, messages: Readonly<Record<string, string>>): Messages =>
  new Map(
    Object.entries(messages).map(([key, message]) => [
      key,
      new IntlMessageFormat(message, LOCALES[language], undefined, { ignoreTag: true }),
    ]),
  );

const requireSameValues = (parsed: ReadonlyMap<Language, Messages>): void => {
  for (const [key, english] of parsed.get('en') ?? []) {
    const wanted = valuesOf(english);
    for (const [language, messages] of parsed) {
      const message = messages.get(key);
      const found = message && valuesOf(message);
      if (found !== wanted)
        throw new Error(`text ${key}: ${language} fills in ${found || 'nothing'}, en ${wanted || 'nothing'}`);
    }
  }
};

/** Names in a message's braces, sorted. */
const valuesOf = (message: IntlMessageFormat): string => {
  const names = new Set<string>();
  const collect = (elements: ReturnType<IntlMessageFormat['getAst']>): void => {
    for (const element of elements) {
      if ('options' in element) for (const option of Object.values(element.options)) collect(option.value);
      // Literal text and `#` have no name.
      if (element.type !== 0 && element.type !== 7) names.add(element.value);
    }
  };
  collect(message.getAst());
  return [...names].sort((one, other) => one.localeCompare(other)).join(', ');
};
