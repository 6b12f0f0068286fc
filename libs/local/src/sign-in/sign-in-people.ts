import type { PersonRecord } from '../people/index.js';
import type { SignInPerson } from './accounts.js';

/** The people whom the page offers, by name. A record that a source refuses is left out. */
export const signInPeople = async (records: AsyncIterable<PersonRecord>): Promise<readonly SignInPerson[]> => {
  const people = new Map<string, SignInPerson>();
  for await (const record of records)
    if ('ssin' in record) people.set(record.ssin, { ssin: record.ssin, name: nameIn(record) });
  return [...people.values()].sort((one, other) => one.name.localeCompare(other.name));
};

/** The name that was recorded last. */
const nameIn = ({ facts }: Extract<PersonRecord, { readonly ssin: string }>): string => {
  const names = facts.flatMap(({ fact }) => (fact?.$case === 'name' ? [fact.value] : []));
  const { familyNames = [], givenNames = [] } = names.at(-1) ?? {};
  return [...givenNames, ...familyNames].join(' ');
};
