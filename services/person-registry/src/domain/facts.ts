import type { IncompleteDate, IsoDay, Period } from '@crossroads/identifiers';

export interface Name {
  readonly familyNames: readonly string[];
  readonly givenNames: readonly string[];
}

export interface Place {
  /** NIS code. */
  readonly municipalityCode?: string;
  readonly municipality?: string;
  /** ISO 3166-1 alpha-3. */
  readonly countryCode?: string;
}

/** A birth or a death. */
export interface DatedPlace {
  readonly date: IncompleteDate;
  readonly place?: Place;
}

export interface Address extends Place {
  readonly street?: string;
  readonly houseNumber?: string;
  readonly boxNumber?: string;
  readonly postalCode?: string;
}

/** What can be said of a person, by field group of `person.identification.v1`. */
export type FactValue =
  | { readonly group: 'name'; readonly value: Name }
  | { readonly group: 'birth'; readonly value: DatedPlace }
  | { readonly group: 'gender'; readonly value: { readonly genderCode: number } }
  | { readonly group: 'address'; readonly value: Address }
  | { readonly group: 'civilStatus'; readonly value: { readonly code: string; readonly partnerSsin?: string } }
  | { readonly group: 'nationality'; readonly value: { readonly code: string } }
  | { readonly group: 'death'; readonly value: DatedPlace }
  | { readonly group: 'family'; readonly value: { readonly code: string; readonly ssin: string } };

export type FieldGroup = FactValue['group'];

/** Something that is so over a period. */
export type Fact = FactValue & { readonly period: Period };

/** A fact as it is held: since when it is known, as an ISO instant; absent before it is stored. */
export type HeldFact = Fact & { readonly recordedAt?: string | undefined };

export const FIELD_GROUPS: readonly FieldGroup[] = [
  'name',
  'birth',
  'gender',
  'address',
  'civilStatus',
  'nationality',
  'death',
  'family',
];

/** Of these a person has several at a time; of the others one. */
const MULTIPLE: ReadonlySet<FieldGroup> = new Set(['nationality', 'family']);
/** These happen once: what is said later corrects what was said before, whatever period it names. */
const ONCE: ReadonlySet<FieldGroup> = new Set(['birth', 'death']);

export const isMultiple = ({ group }: FactValue): boolean => MULTIPLE.has(group);
export const happensOnce = ({ group }: FactValue): boolean => ONCE.has(group);

/** Whether two facts say the same, apart from when. Values are made with their keys in one order, by the edge. */
export const saysTheSame = (a: FactValue, b: FactValue): boolean => {
  // Of these there may be hundreds, so that they are compared without a detour.
  if (a.group === 'family')
    return b.group === 'family' && a.value.ssin === b.value.ssin && a.value.code === b.value.code;
  return a.group === b.group && JSON.stringify(a.value) === JSON.stringify(b.value);
};

/** The first day that an incomplete date can be. */
export const earliestDay = (date: IncompleteDate): IsoDay => date.replaceAll('-00', '-01') as IsoDay;

/** Whether `a` is certainly before `b`: unknown parts never count as earlier. */
export const certainlyBefore = (a: IncompleteDate, b: IncompleteDate): boolean => {
  const known = Math.min(knownLength(a), knownLength(b));
  return a.slice(0, known) < b.slice(0, known);
};

const knownLength = (date: IncompleteDate): number => (date.endsWith('-00-00') ? 4 : date.endsWith('-00') ? 7 : 10);
