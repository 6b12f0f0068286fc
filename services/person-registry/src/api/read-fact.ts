import type {
  Address as AddressMessage,
  Birth,
  Fact as FactMessage,
  Place as PlaceMessage,
} from '@crossroads/contracts/person/v1/person';
import {
  type ValidationContext,
  type FieldViolation,
  type Read,
  readIncompleteDate,
  readList,
  readOptional,
  readPeriod,
  readSsin,
  readText,
} from '@crossroads/grpc';
import { type IncompleteDate, isAfterDay } from '@crossroads/identifiers';
import type { Address, DatedPlace, Fact, FactValue, Name, Place } from '../domain/facts.js';

const RELATIONS: ReadonlySet<string> = new Set(['SPOUSE', 'PARENT', 'CHILD', 'PARTNER']);
const GENDERS: ReadonlySet<number> = new Set([0, 1, 2, 9]);
const MAX_LENGTH = { max: 200 };
const NAMES = { min: 0, max: 20 };

/** `ssin` is whose fact it is: nobody is related to themselves. */
export const readFact = (field: string, raw: FactMessage, door: ValidationContext, ssin: string): Read<Fact> => {
  const period = readPeriod(raw.period ?? {}, `${field}.period.`);
  const value = readValue(field, raw.fact, door, ssin);
  if (!period.ok || !value.ok) return both(period, value);
  return { ok: true, value: { ...value.value, period: period.value } };
};

const readValue = (
  field: string,
  fact: FactMessage['fact'],
  door: ValidationContext,
  ssin: string,
): Read<FactValue> => {
  switch (fact?.$case) {
    case undefined:
      return bad(
        field,
        'REQUIRED',
        'a fact says one of name, birth, gender, address, civil_status, nationality, death, family_relation',
      );
    case 'name':
      return as('name', readName(`${field}.name`, fact.value));
    case 'birth':
      return as('birth', readDatedPlace(`${field}.birth`, fact.value, door));
    case 'gender': {
      const { genderCode } = fact.value;
      if (GENDERS.has(genderCode)) return as('gender', good({ genderCode }));
      return bad(
        `${field}.gender.gender_code`,
        'INVALID_CODE',
        'ISO 5218: 0 not known, 1 male, 2 female, 9 not applicable',
      );
    }
    case 'address':
      return as('address', readAddress(`${field}.address`, fact.value));
    case 'civilStatus': {
      const at = `${field}.civil_status`;
      const code = matching(
        `${at}.civil_status_code`,
        fact.value.civilStatusCode,
        /^[1-9][0-9]?$/,
        'a code of the National Register, 1 to 99',
      );
      const partner = readOptional(fact.value.partnerSsin, (raw) =>
        readRelative(`${at}.partner_ssin`, raw, door, ssin),
      );
      if (!code.ok || !partner.ok) return both(code, partner);
      return as('civilStatus', good({ code: code.value, ...given('partnerSsin', partner.value) }));
    }
    case 'nationality': {
      const at = `${field}.nationality.nationality_code`;
      const code = matching(at, fact.value.nationalityCode, /^[0-9]{3}$/, 'a NIS country code, three digits');
      return code.ok ? as('nationality', good({ code: code.value })) : code;
    }
    case 'death':
      return as('death', readDatedPlace(`${field}.death`, fact.value, door));
    case 'familyRelation': {
      const at = `${field}.family_relation`;
      const { relationCode } = fact.value;
      const code: Read<string> = RELATIONS.has(relationCode)
        ? good(relationCode)
        : bad(`${at}.relation_code`, 'INVALID_CODE', 'SPOUSE, PARENT, CHILD or PARTNER');
      const relative = readRelative(`${at}.relative_ssin`, fact.value.relativeSsin, door, ssin);
      if (!code.ok || !relative.ok) return both(code, relative);
      return as('family', good({ code: code.value, ssin: relative.value }));
    }
  }
};

const readName = (
  field: string,
  raw: { readonly familyNames: readonly string[]; readonly givenNames: readonly string[] },
): Read<Name> => {
  const family = readList(`${field}.family_names`, raw.familyNames, NAMES, (at, name) =>
    readText(at, name, MAX_LENGTH),
  );
  const names = readList(`${field}.given_names`, raw.givenNames, NAMES, (at, name) => readText(at, name, MAX_LENGTH));
  if (!family.ok || !names.ok) return both(family, names);
  if (family.value.length + names.value.length === 0)
    return bad(field, 'REQUIRED', 'needed: at least one family or given name');
  return good({ familyNames: family.value, givenNames: names.value });
};

const readDatedPlace = (field: string, raw: Birth, { today }: ValidationContext): Read<DatedPlace> => {
  const date = notInFuture(`${field}.date`, readIncompleteDate(`${field}.date`, raw.date), today);
  const place = readPlace(`${field}.place`, raw.place);
  if (!date.ok || !place.ok) return both(date, place);
  return good({ date: date.value, ...given('place', place.value) });
};

const notInFuture = (
  field: string,
  date: Read<IncompleteDate>,
  today: ValidationContext['today'],
): Read<IncompleteDate> =>
  date.ok && isAfterDay(date.value, today)
    ? bad(field, 'DATE_IN_FUTURE', 'a birth or a death is not in the future')
    : date;

const readPlace = (field: string, raw: PlaceMessage | undefined): Read<Place | undefined> => {
  if (raw === undefined) return good(undefined);
  const code = readOptional(raw.municipalityCode, (text) =>
    matching(`${field}.municipality_code`, text, /^[0-9]{5}$/, 'a NIS code, five digits'),
  );
  const name = readOptional(raw.municipality, (text) => readText(`${field}.municipality`, text, MAX_LENGTH));
  const country = readOptional(raw.countryCode, (text) =>
    matching(`${field}.country_code`, text, /^[A-Z]{3}$/, 'ISO 3166-1 alpha-3'),
  );
  if (!code.ok || !name.ok || !country.ok) return both(code, name, country);
  const place = {
    ...given('municipalityCode', code.value),
    ...given('municipality', name.value),
    ...given('countryCode', country.value),
  };
  return good(Object.keys(place).length === 0 ? undefined : place);
};

const readAddress = (field: string, raw: AddressMessage): Read<Address> => {
  const text = (name: string, value: string) =>
    readOptional(value, (one) => readText(`${field}.${name}`, one, MAX_LENGTH));
  const street = text('street', raw.street);
  const house = text('house_number', raw.houseNumber);
  const box = text('box_number', raw.boxNumber);
  const postal = text('postal_code', raw.postalCode);
  const place = readPlace(field, raw);
  if (!street.ok || !house.ok || !box.ok || !postal.ok || !place.ok) return both(street, house, box, postal, place);
  const address = {
    ...given('street', street.value),
    ...given('houseNumber', house.value),
    ...given('boxNumber', box.value),
    ...given('postalCode', postal.value),
    ...place.value,
  };
  return Object.keys(address).length === 0
    ? bad(field, 'REQUIRED', 'needed: at least one part of the address')
    : good(address);
};

const readRelative = (field: string, raw: string, door: ValidationContext, ssin: string): Read<string> =>
  raw === ssin
    ? bad(field, 'RELATED_TO_ITSELF', 'somebody else; nobody is related to themselves')
    : readSsin(field, raw, door);

const matching = (field: string, raw: string, pattern: RegExp, what: string): Read<string> =>
  pattern.test(raw) ? good(raw) : bad(field, raw === '' ? 'REQUIRED' : 'INVALID_CODE', what);

const as = <Group extends FactValue['group']>(
  group: Group,
  read: Read<Extract<FactValue, { group: Group }>['value']>,
): Read<FactValue> =>
  // The compiler does not see that group and value go together.
  read.ok ? good({ group, value: read.value } as FactValue) : read;

const good = <Value>(value: Value): Read<Value> => ({ ok: true, value });

const bad = (field: string, reason: string, description: string): Extract<Read<never>, { ok: false }> => ({
  ok: false,
  violations: [{ field, reason, description }],
});

const both = (
  ...reads: readonly Read<unknown>[]
): { readonly ok: false; readonly violations: readonly FieldViolation[] } => ({
  ok: false,
  violations: reads.flatMap((read) => (read.ok ? [] : read.violations)),
});

const given = <Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
