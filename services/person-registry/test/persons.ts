import { Fact } from '@crossroads/contracts/person/v1/person';
import type { SupplyResponse } from '@crossroads/contracts/source/v1/source_service';
import { type DateParts, ssinCheck } from '@crossroads/identifiers';

/** A test number: month part 60 to 72, so that it belongs to nobody. */
export const testNumber = (year: number, month: number, day: number, counter: number): string => {
  const two = (value: number) => String(value).padStart(2, '0');
  const nine = `${two(year % 100)}${two(month + 60)}${two(day)}${String(counter).padStart(3, '0')}`;
  return nine + ssinCheck(nine, year < 2000 ? 1900 : 2000);
};

let counter = 1;
/** Another one at each call. */
export const nextNumber = (): string => testNumber(1985, 7, 1 + (counter % 28), (counter++ % 900) + 1);

/** `2026-03-01` as on the wire. */
export const date = (text: string): DateParts => {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return { year, month, day };
};

export const since = (start?: string, end?: string): NonNullable<Fact['period']> => ({
  startDate: start === undefined ? undefined : date(start),
  endDate: end === undefined ? undefined : date(end),
});

const fact = (content: Parameters<typeof Fact.fromPartial>[0]['fact'], start?: string, end?: string): Fact =>
  Fact.fromPartial({ period: since(start, end), fact: content });

export const named = (familyName: string, givenName = 'Marie', start?: string): Fact =>
  fact({ $case: 'name', value: { familyNames: [familyName], givenNames: [givenName] } }, start);

export const born = (day: string): Fact => fact({ $case: 'birth', value: { date: date(day) } });

export const died = (day: string): Fact => fact({ $case: 'death', value: { date: date(day) } });

export const gender = (genderCode: number): Fact => fact({ $case: 'gender', value: { genderCode } });

export const livesIn = (street: string, start?: string, end?: string): Fact =>
  fact(
    {
      $case: 'address',
      value: {
        street,
        houseNumber: '12',
        postalCode: '3000',
        municipalityCode: '24062',
        municipality: 'Leuven',
        countryCode: 'BEL',
      },
    },
    start,
    end,
  );

/** The street in an answer of `person.identification.v1`. */
export const streetIn = (data: SupplyResponse['data']): string | undefined =>
  (data?.['address'] as { readonly street?: string } | undefined)?.street;

export const nationality = (nationalityCode: string, start?: string, end?: string): Fact =>
  fact({ $case: 'nationality', value: { nationalityCode } }, start, end);

export const civilStatus = (civilStatusCode: string, start?: string, partnerSsin = ''): Fact =>
  fact({ $case: 'civilStatus', value: { civilStatusCode, partnerSsin } }, start);

export const related = (relationCode: string, relativeSsin: string): Fact =>
  fact({ $case: 'familyRelation', value: { relationCode, relativeSsin } });
