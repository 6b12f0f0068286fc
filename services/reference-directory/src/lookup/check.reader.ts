import type { PersonReference as PersonReferenceMessage } from '@crossroads/contracts/directory/v1/directory_service';
import { fields, perContext, type ValidationContext } from '@crossroads/grpc';
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

/** A reference that names nobody is refused as a missing SSIN. */
const NOBODY: PersonReferenceMessage = { by: { $case: 'ssin', value: '' } };

export const personReference = perContext((context) =>
  fields
    .field((raw: PersonReferenceMessage | undefined): typeof raw => (raw?.by === undefined ? NOBODY : raw))
    .pipe(fields.message({ by: fields.oneof({ ssin: fields.ssin(context), personId: fields.uuid }) }))
    .transform(({ by }): PersonReference => (by.$case === 'ssin' ? { ssin: by.value } : { personId: by.value })),
);

/** The fields of an `InscriptionFilter`; the day is today when it is absent. */
export const filterFields = ({ today }: ValidationContext) => ({
  institutions: fields.list(fields.enterpriseNumber, { min: 0, max: MAX_INSTITUTIONS }),
  date: fields.optional(fields.day).transform((day = today) => day),
});
