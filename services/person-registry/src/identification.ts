import type { Json } from '@crossroads/eventsourcing';
import type { IsoDay } from '@crossroads/identifiers';
import { type Address, FIELD_GROUPS, type FieldGroup, type HeldFact } from './domain/facts.js';
import { inForceOn } from './domain/timeline.js';

/** The data service that this registry is the source of; `data-service.json` describes it. */
export const IDENTIFICATION = 'person.identification.v1';

export type Identification = { readonly [key: string]: Json };

/** The part of an address that says no more than where somebody lives. */
const MUNICIPALITY = 'municipality';

/** The groups of the data service in which a fact shows: an address tells the municipality, too, to those who may know no more. */
export const shownIn = (group: FieldGroup): string[] => (group === 'address' ? [group, MUNICIPALITY] : [group]);

/** `person.identification.v1` as of a day, of these field groups only. Empty when there is nothing. */
export const identificationOf = (
  held: readonly HeldFact[],
  day: IsoDay,
  groups: Iterable<string> = FIELD_GROUPS,
): Identification => {
  const wanted = new Set(groups);
  const data: { [key: string]: Json } = {};
  const nationalities: Json[] = [];
  const relations: Json[] = [];
  for (const fact of inForceOn(held, day)) {
    if (!shownIn(fact.group).some((group) => wanted.has(group))) continue;
    const since = fact.period.start === undefined ? {} : { since: fact.period.start };
    switch (fact.group) {
      case 'address': {
        data['address'] = { ...(wanted.has('address') ? fact.value : municipalityOf(fact.value)), ...since };
        break;
      }
      case 'name':
      case 'civilStatus':
        data[fact.group] = { ...fact.value, ...since };
        break;
      case 'birth':
      case 'death': {
        const { date, place } = fact.value;
        data[fact.group] = { date, ...(place ? { place: { ...place } } : {}) };
        break;
      }
      case 'gender':
        data['genderCode'] = fact.value.genderCode;
        break;
      case 'nationality':
        nationalities.push({ ...fact.value, ...since });
        break;
      case 'family':
        relations.push({ ...fact.value, ...since });
        break;
    }
  }
  if (nationalities.length > 0) data['nationalities'] = nationalities;
  if (relations.length > 0) data['family'] = { relations };
  return data;
};

const MUNICIPALITY_PARTS = ['postalCode', 'municipalityCode', 'municipality', 'countryCode'] as const;

const municipalityOf = (address: Address): { readonly [key: string]: Json } =>
  Object.fromEntries(
    MUNICIPALITY_PARTS.flatMap((part) => (address[part] === undefined ? [] : [[part, address[part]]])),
  );
