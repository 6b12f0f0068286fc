import type { PersonRecord } from '@crossroads/local/people';
import { generatedPerson, since } from '../people.js';
import { birthTerm, type SearchTerm, nameTerm, ssinTerm } from './search-terms.js';

type KnownPerson = Extract<PersonRecord, { ssin: string }>;

/** Generates people from a counter on, with names that occur nowhere else in the mesh. */
export const peopleCalled = (names: readonly string[], from: number): KnownPerson[] =>
  names.map((name, n) => named(generatedPerson(n * 2_800 + from), name));

/** The personal data that must not be found. */
export const searchTermsOf = (names: readonly string[], people: readonly KnownPerson[]): SearchTerm[] => [
  ...names.map(nameTerm),
  ...people.flatMap(({ ssin, facts }) => [
    ssinTerm(ssin),
    ...facts.flatMap(({ fact }) => (fact?.$case === 'birth' && fact.value.date ? [birthTerm(fact.value.date)] : [])),
  ]),
];

const named = (person: KnownPerson, name: string): KnownPerson => {
  const facts = person.facts.map((fact) =>
    fact.fact?.$case === 'name'
      ? since(
          { year: 1930, month: 1, day: 1 },
          { $case: 'name', value: { familyNames: [name], givenNames: ['Zephyrinus'] } },
        )
      : fact,
  );
  return { ...person, facts };
};
