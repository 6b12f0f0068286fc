import { Fact } from '@crossroads/contracts/person/v1/person';
import { type DateParts, ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import type { PersonRecord } from './person-folder.js';
import type { Statuses } from './statuses.js';
import type { Wages } from './wages.js';

interface Town {
  /** NIS code. */
  readonly code: string;
  readonly postalCode: string;
  readonly name: string;
  readonly streets: readonly string[];
}

const TOWNS: readonly Town[] = [
  { code: '24062', postalCode: '3000', name: 'Leuven', streets: ['Naamsestraat', 'Diestsestraat', 'Parkstraat'] },
  { code: '44021', postalCode: '9000', name: 'Gent', streets: ['Veldstraat', 'Kortrijksesteenweg', 'Coupure'] },
  { code: '11002', postalCode: '2000', name: 'Antwerpen', streets: ['Meir', 'Nationalestraat', 'Lange Nieuwstraat'] },
  {
    code: '62063',
    postalCode: '4000',
    name: 'Liège',
    streets: ['Rue Saint-Gilles', 'Rue Hors-Château', 'Rue Léopold'],
  },
  { code: '92094', postalCode: '5000', name: 'Namur', streets: ['Rue de Fer', 'Rue des Carmes', 'Rue Emile Cuvelier'] },
  { code: '21004', postalCode: '1000', name: 'Bruxelles', streets: ['Rue Haute', 'Rue Blaes', 'Rue de Flandre'] },
  { code: '63023', postalCode: '4700', name: 'Eupen', streets: ['Gospertstraße', 'Klosterstraße', 'Hookstraße'] },
  { code: '53053', postalCode: '7000', name: 'Mons', streets: ['Rue de Nimy', 'Rue de la Clef', 'Rue d’Havré'] },
];

const FAMILY_NAMES = [
  'Peeters',
  'Lambert',
  'De Smet',
  'Dubois',
  'Claes',
  'Schmitz',
  'Wouters',
  'Leroy',
  'Maes',
  'El Amrani',
  'Hermans',
  'Renard',
];
const WOMEN = ['Nora', 'Emma', 'Louise', 'Fatima', 'Julie', 'Lotte', 'Camille', 'Annelies', 'Yasmina', 'Marie'];
const MEN = ['Arthur', 'Lucas', 'Noah', 'Karim', 'Jef', 'Louis', 'Thomas', 'Youssef', 'Pieter', 'Hugo'];

const EMPLOYERS = [
  { enterpriseNumber: withCbeCheck('09990001'), name: 'Voorbeeld Bouw' },
  { enterpriseNumber: withCbeCheck('09990002'), name: 'Exemple Soins' },
  { enterpriseNumber: withCbeCheck('09990003'), name: 'Beispiel Logistik' },
];

const HOUSEHOLDS = 14;

interface DemoPerson {
  readonly ssin: string;
  readonly facts: Fact[];
  readonly adult: boolean;
}

/** Generates the same people at each call. Their SSINs are test numbers (month part 61 to 72), which belong to nobody. */
const households = (): DemoPerson[][] => Array.from({ length: HOUSEHOLDS }, (_, index) => household(index));

/** Four of five households are a couple, most of them with one to three children; the others are one person. */
const household = (index: number): DemoPerson[] => {
  const town = pick(TOWNS, index);
  const home = { $case: 'address', value: addressIn(town, index) } as const;
  const moved = { year: 2008 + (index % 12), month: 1 + (index % 12), day: 1 };
  const first = born(1958 + ((index * 5) % 40), index, 'woman', pick(WOMEN, index), pick(FAMILY_NAMES, index), town);
  first.facts.push(since(moved, home));
  if (index % 5 === 4) {
    first.facts.push(since({ year: 2001, month: 1, day: 1 }, civil('10')));
    return [first];
  }
  const second = born(
    1956 + ((index * 5) % 40),
    index + 40,
    'man',
    pick(MEN, index),
    pick(FAMILY_NAMES, index + 5),
    pick(TOWNS, index + 3),
  );
  second.facts.push(since(moved, home));
  const wedding = { year: 2006 + (index % 12), month: 6, day: 1 + index };
  marry(first, second, wedding);
  const children = Array.from({ length: index % 4 }, (_, n) => {
    const given = pick(n % 2 === 0 ? WOMEN : MEN, index + n + 3);
    const child = born(
      2009 + ((index + 3 * n) % 15),
      index + 80 + n * 20,
      n % 2 === 0 ? 'woman' : 'man',
      given,
      pick(FAMILY_NAMES, index + 5),
      town,
    );
    for (const parent of [first, second]) {
      child.facts.push(since(birthOf(child), related('PARENT', parent.ssin)));
      parent.facts.push(since(birthOf(child), related('CHILD', child.ssin)));
    }
    child.facts.push(since(latest(birthOf(child), moved), home));
    return child;
  });
  return [first, second, ...children];
};

/** The generated people, as `readPersonFolder` returns people of a folder. */
export async function* demoPeople(): AsyncGenerator<PersonRecord> {
  for (const [index, people] of households().entries())
    for (const [member, { ssin, facts }] of people.entries())
      yield { reference: `demo/household ${index + 1}, member ${member + 1}`, ssin, facts, leftOut: [] };
}

/** Two of three adults have worked: the last four quarters of 2025. */
export const demoWages = (): Map<string, Wages> =>
  new Map(
    adults()
      .filter((_, index) => index % 3 !== 2)
      .map(({ ssin }, index) => [ssin, wagesOf(index)]),
  );

/** Chosen so that some adults have both wages and statuses, some one of them, and some neither. */
export const demoStatuses = (): Map<string, Statuses> =>
  new Map(
    adults()
      .filter((_, index) => index % 3 === 0 || index % 6 === 5)
      .map(({ ssin }, index) => [ssin, statusesOf(index)]),
  );

const adults = (): DemoPerson[] => households().flatMap((people) => people.filter(({ adult }) => adult));

const wagesOf = (index: number): Wages => ({
  wages: [1, 2, 3, 4].map((quarter) => ({
    quarter: `2025-Q${quarter}`,
    employer: pick(EMPLOYERS, index),
    employments: [
      {
        startDate: `${2010 + (index % 14)}-0${1 + (index % 9)}-01`,
        jointCommittee: pick(['200', '124', '330'], index),
        daysPerWeek: index % 4 === 3 ? '3.00' : '5.00',
        hoursPerWeek: index % 4 === 3 ? '22.80' : '38.00',
      },
    ],
    amounts: {
      grossWage: `${8_400 + 137 * index + 25 * quarter}.${String((index * 7) % 100).padStart(2, '0')}`,
      currency: 'EUR',
    },
  })),
});

const statusesOf = (index: number): Statuses => ({
  statuses: [
    {
      name: 'BIM_BVT',
      applies: index % 2 === 0,
      ...(index % 2 === 0 ? { periods: [{ startDate: '2025-01-01', endDate: '2026-12-31' }] } : {}),
    },
    { name: 'LIVING_WAGES_PCSA_HELP', applies: index % 3 === 0 },
  ],
});

const born = (
  year: number,
  seed: number,
  sex: 'woman' | 'man',
  givenName: string,
  familyName: string,
  town: Town,
): DemoPerson => {
  const date = { year, month: 1 + (seed % 12), day: 1 + ((seed * 7) % 28) };
  const place = { municipalityCode: town.code, municipality: town.name, countryCode: 'BEL' };
  return {
    // The counter is even for women and odd for men.
    ssin: testNumber(date, 100 + 2 * seed + (sex === 'man' ? 1 : 0)),
    adult: year < 2005,
    facts: [
      since(date, { $case: 'name', value: { familyNames: [familyName], givenNames: [givenName] } }),
      Fact.fromPartial({ fact: { $case: 'birth', value: { date, place } } }),
      Fact.fromPartial({ fact: { $case: 'gender', value: { genderCode: sex === 'man' ? 1 : 2 } } }),
      since(date, { $case: 'nationality', value: { nationalityCode: '150' } }),
    ],
  };
};

const testNumber = ({ year, month, day }: DateParts, counter: number): string => {
  const two = (value: number) => String(value).padStart(2, '0');
  const nine = `${two(year % 100)}${two(month + 60)}${two(day)}${String(counter).padStart(3, '0')}`;
  return nine + ssinCheck(nine, year < 2000 ? 1900 : 2000);
};

const marry = (first: DemoPerson, second: DemoPerson, on: DateParts): void => {
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const)
    one.facts.push(since(on, civil('20', other.ssin)), since(on, related('SPOUSE', other.ssin)));
};

const birthOf = ({ facts }: DemoPerson): DateParts => {
  const birth = facts.find(({ fact }) => fact?.$case === 'birth')?.fact;
  return (birth?.$case === 'birth' ? birth.value.date : undefined) ?? { year: 1900, month: 1, day: 1 };
};

const addressIn = (town: Town, index: number) => ({
  street: pick(town.streets, index),
  houseNumber: String(3 + ((index * 11) % 90)),
  boxNumber: index % 6 === 5 ? '2' : '',
  postalCode: town.postalCode,
  municipalityCode: town.code,
  municipality: town.name,
  countryCode: 'BEL',
});

type FactContent = NonNullable<Parameters<typeof Fact.fromPartial>[0]['fact']>;

const civil = (civilStatusCode: string, partnerSsin = ''): FactContent => ({
  $case: 'civilStatus',
  value: { civilStatusCode, partnerSsin },
});

const related = (relationCode: string, relativeSsin: string): FactContent => ({
  $case: 'familyRelation',
  value: { relationCode, relativeSsin },
});

const since = (startDate: DateParts, fact: FactContent): Fact => Fact.fromPartial({ period: { startDate }, fact });

const latest = (a: DateParts, b: DateParts): DateParts =>
  a.year * 372 + a.month * 31 + a.day > b.year * 372 + b.month * 31 + b.day ? a : b;

const pick = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('the list is empty');
  return item;
};
