import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';

const DAY_MS = 86_400_000;
/** For as long a merge can be contested before the access lists are shown together. */
const UNCONTESTED_MS = 30 * DAY_MS;

/**
 * Of persons who were made one, those whose access lists are shown to whoever signs in with one of their numbers: those whose merge
 * nobody has contested for 30 days. Until then, and of a contested merge always, only that of the person to whom the number was first
 * assigned. The current one comes first.
 */
export const listedPersons = (
  { personId, ownPersonId, merges }: Pick<CheckResponse, 'personId' | 'ownPersonId' | 'merges'>,
  now: Date,
): readonly [string, ...string[]] => {
  const joined = merges.filter(
    ({ contested, mergeTime }) =>
      !contested && mergeTime !== undefined && mergeTime.getTime() + UNCONTESTED_MS <= now.getTime(),
  );
  const ids = joined.map((merge) => merge.personId);
  return ownPersonId === personId || ids.includes(ownPersonId) ? [personId, ...ids] : [ownPersonId];
};
