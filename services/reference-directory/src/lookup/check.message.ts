import { type CheckResponse, NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { contains, dayNumber } from '../period/days.rules.js';
import type { InscriptionFilter } from './check.reader.js';
import type { FoundPerson } from './find-persons.js';
import { inscriptionMessage } from './inscription.message.js';
import type { InstitutionContext } from './institution-contexts.js';

const STATES = {
  VALID: NumberState.NUMBER_STATE_VALID,
  REPLACED: NumberState.NUMBER_STATE_REPLACED,
  CANCELED: NumberState.NUMBER_STATE_CANCELED,
} as const;

const UNKNOWN: CheckResponse = {
  state: NumberState.NUMBER_STATE_UNKNOWN,
  personId: '',
  inscriptions: [],
  mergedPersonIds: [],
  followed: [],
  ownPersonId: '',
  merges: [],
};

/** Makes the answers about persons, for one filter. */
export const checkMessages = (
  { institutions, date }: InscriptionFilter,
  contextOf: (contextId: number) => InstitutionContext,
): ((person: FoundPerson | undefined) => CheckResponse) => {
  const wanted = new Set(institutions);
  const day = dayNumber(date);
  return (person) => {
    if (person === undefined) return UNKNOWN;
    const inscriptions = person.entries.flatMap((entry) => {
      if (!contains(entry, day)) return [];
      const context = contextOf(entry.contextId);
      return wanted.size === 0 || wanted.has(context.institution) ? [inscriptionMessage(context, entry)] : [];
    });
    const { state, personId, ownPersonId, mergedPersonIds, merges } = person;
    return {
      state: STATES[state],
      personId,
      inscriptions,
      mergedPersonIds: [...mergedPersonIds],
      followed: [],
      ownPersonId,
      merges: merges.map(({ since, ...one }) => ({ ...one, mergeTime: since })),
    };
  };
};
