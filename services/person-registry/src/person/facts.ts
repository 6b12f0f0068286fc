import type { Birth, Death, Fact as FactMessage, Place as PlaceMessage } from '@crossroads/contracts/person/v1/person';
import type { Period } from '@crossroads/identifiers';
import {
  code,
  type Field,
  type FieldsOf,
  named,
  oneOf,
  optional,
  optionalRecord,
  pastDate,
  record,
  relative,
  text,
  texts,
  type ValueOf,
} from './field.js';

type Content = NonNullable<FactMessage['fact']>;
export type FactCase = Content['$case'];

/** How many facts of a group hold on one day: `one`, `several`, or `once` for what happens once and can only be corrected. */
type Cardinality = 'one' | 'several' | 'once';

interface Options<Name extends string> {
  /** @default 'one' */
  readonly cardinality?: Cardinality;
  /** What a fact must hold at least one of; absent: its required fields are enough. */
  readonly needed?: string;
  /** Where an answer has it; an empty path puts its fields beside the groups. @default the group's name */
  readonly path?: readonly string[];
  /** Field groups that show no more than some fields of it. */
  readonly parts?: Readonly<Record<string, readonly Name[]>>;
}

/** `message` is the fact's name in the contract; `fields` has a line for each field of that message, by its name there. */
const fact = <
  Case extends FactCase,
  const Fields extends FieldsOf<Extract<Content, { readonly $case: Case }>['value']> &
    Readonly<Record<string, Field<unknown, unknown>>>,
>(
  message: Case,
  fields: Fields,
  options: Options<Extract<keyof Fields, string>> = {},
) => {
  const { cardinality = 'one', needed, path, parts = {} } = options;
  return { message, record: record(fields, needed), cardinality, path, parts };
};

/** Does not compile while a fact of the contract has no line. */
const complete = <Table extends Readonly<Record<string, { readonly message: FactCase }>>>(
  table: Table & ([Missing<Table>] extends [never] ? unknown : Readonly<Record<Missing<Table>, 'has no line'>>),
): Table => table;
type Missing<Table extends Readonly<Record<string, { readonly message: FactCase }>>> = Exclude<
  FactCase,
  Table[keyof Table]['message']
>;

const country = code(/^[A-Z]{3}$/, 3, 'ISO 3166-1 alpha-3');
const municipality = code(/^[0-9]{5}$/, 5, 'a NIS code, five digits');

const PLACE = {
  municipalityCode: optional(municipality),
  municipality: optional(text),
  countryCode: optional(country),
} satisfies FieldsOf<PlaceMessage>;

const EVENT = { date: pastDate, place: optionalRecord(PLACE) } satisfies FieldsOf<Birth & Death>;

/**
 * What can be said of a person, by field group of `person.identification.v1`. Everything about a fact is here: how it is read
 * and written, its type, and how the data service answers it.
 */
export const FACTS = complete({
  name: fact('name', { familyNames: texts, givenNames: texts }, { needed: 'at least one family or given name' }),
  birth: fact('birth', EVENT, { cardinality: 'once' }),
  gender: fact(
    'gender',
    { genderCode: oneOf([0, 1, 2, 9], 'ISO 5218: 0 not known, 1 male, 2 female, 9 not applicable') },
    { path: [] },
  ),
  address: fact(
    'address',
    {
      street: optional(text),
      houseNumber: optional(text),
      boxNumber: optional(text),
      postalCode: optional(text),
      ...PLACE,
    },
    {
      needed: 'at least one part of the address',
      // For those who may know the municipality, and not the street.
      parts: { municipality: ['postalCode', 'municipalityCode', 'municipality', 'countryCode'] },
    },
  ),
  civilStatus: fact('civilStatus', {
    civilStatusCode: named('code', code(/^[1-9][0-9]?$/, 2, 'a code of the National Register, 1 to 99')),
    partnerSsin: optional(relative),
  }),
  nationality: fact(
    'nationality',
    { nationalityCode: named('code', code(/^[0-9]{3}$/, 3, 'a NIS country code, three digits')) },
    { cardinality: 'several', path: ['nationalities'] },
  ),
  death: fact('death', EVENT, { cardinality: 'once' }),
  family: fact(
    'familyRelation',
    {
      relationCode: named('code', oneOf(['SPOUSE', 'PARENT', 'CHILD', 'PARTNER'], 'SPOUSE, PARENT, CHILD or PARTNER')),
      relativeSsin: named('ssin', relative),
    },
    { cardinality: 'several', path: ['family', 'relations'] },
  ),
});

export type FieldGroup = keyof typeof FACTS;

export type FactValue = {
  [Group in FieldGroup]: { readonly group: Group; readonly value: ValueOf<(typeof FACTS)[Group]['record']> };
}[FieldGroup];

/** Something that is true over a period. */
export type Fact = FactValue & { readonly period: Period };

/** A fact with the instant (ISO 8601) since which it is known, and who reported it (enterprise number); absent before it is stored. */
export type HeldFact = Fact & { readonly recordedAt?: string | undefined; readonly reporter?: string };

export type Cardinalities = Readonly<Record<FieldGroup, Cardinality>>;

const groups = Object.keys(FACTS) as FieldGroup[];

/** In the order of the table. */
export const FIELD_GROUPS: readonly FieldGroup[] = groups;

export const CARDINALITIES = Object.fromEntries(
  groups.map((group) => [group, FACTS[group].cardinality]),
) as Cardinalities;

/** The field groups that facts say something about. */
export const groupsOf = (facts: readonly Fact[]): FieldGroup[] => [...new Set(facts.map(({ group }) => group))];
