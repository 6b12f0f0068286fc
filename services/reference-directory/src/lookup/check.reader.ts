import type { PersonReference as PersonReferenceMessage } from '@crossroads/contracts/directory/v1/directory_service';
import type { DateMessage } from '@crossroads/contracts/google/type/date';
import {
  type Read,
  readDay,
  readEnterpriseNumber,
  readList,
  readOptional,
  readSsin,
  readUuid,
  type ValidationContext,
} from '@crossroads/grpc';
import type { IsoDay } from '@crossroads/identifiers';
import type { PersonReference } from './person-lookup.js';

const MAX_INSTITUTIONS = 5_000;

/** Which inscriptions of a person are asked for. */
export interface InscriptionFilter {
  /** Empty: all. */
  readonly institutions: readonly string[];
  /** The day on which they hold. */
  readonly date: IsoDay;
}

export const readPerson = (
  field: string,
  person: PersonReferenceMessage | undefined,
  context: ValidationContext,
): Read<PersonReference> => {
  if (person?.by?.$case === 'personId') {
    const personId = readUuid(`${field}.person_id`, person.by.value);
    return personId.ok ? { ok: true, value: { personId: personId.value } } : personId;
  }
  const ssin = readSsin(`${field}.ssin`, person?.by?.value ?? '', context);
  return ssin.ok ? { ok: true, value: { ssin: ssin.value } } : ssin;
};

/** The fields of an `InscriptionFilter`; the day is today when it is absent. */
export const readFilter = (
  request: { readonly institutions: readonly string[]; readonly date: DateMessage | undefined },
  { today }: ValidationContext,
) => {
  const date = readOptional(request.date, (day) => readDay('date', day));
  return {
    institutions: readList(
      'institutions',
      request.institutions,
      { min: 0, max: MAX_INSTITUTIONS },
      readEnterpriseNumber,
    ),
    date: date.ok ? { ok: true as const, value: date.value ?? today } : date,
  };
};
