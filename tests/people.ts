import { Fact } from '@crossroads/contracts/person/v1/person';
import { ssinCheck } from '@crossroads/identifiers';
import type { PersonRecord } from '@crossroads/local/people';

/** Generated people besides those of the demo. Their SSINs are test numbers (month part 61 to 72), which belong to nobody. */
export async function* generatedPeople(count: number, from = 0): AsyncGenerator<PersonRecord> {
  for (let n = from; n < from + count; n++) yield generatedPerson(n);
}

export const generatedSsins = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => ssinOf(from + n));

const ssinOf = (n: number): string => {
  const { year, month, day } = birthOf(n);
  // The people of the demo have counters below 300.
  const nine = `${two(year % 100)}${two(month + 60)}${two(day)}${900 + (n % 98)}`;
  return nine + ssinCheck(nine, 1900);
};

const birthOf = (n: number) => ({
  year: 1930 + (Math.floor(n / 32_928) % 60),
  month: 1 + (Math.floor(n / 2_744) % 12),
  day: 1 + (Math.floor(n / 98) % 28),
});

export const generatedPerson = (n: number): Extract<PersonRecord, { ssin: string }> => {
  const born = birthOf(n);
  const facts: Fact[] = [
    since(born, { $case: 'name', value: { familyNames: [`Proefpersoon${n}`], givenNames: ['Testje'] } }),
    Fact.fromPartial({ fact: { $case: 'birth', value: { date: born } } }),
    since({ year: 2010, month: 1, day: 1 }, address('Proefstraat', String(1 + n))),
  ];
  return { reference: `generated ${n}`, ssin: ssinOf(n), facts, leftOut: [] };
};

export const address = (street: string, houseNumber: string): FactContent => ({
  $case: 'address',
  value: {
    street,
    houseNumber,
    postalCode: '9000',
    municipalityCode: '44021',
    municipality: 'Gent',
    countryCode: 'BEL',
  },
});

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

type FactContent = NonNullable<Parameters<typeof Fact.fromPartial>[0]['fact']>;

export const since = (startDate: Day, fact: FactContent): Fact => Fact.fromPartial({ period: { startDate }, fact });

const two = (value: number): string => String(value).padStart(2, '0');
