import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';

const DAY_MS = 86_400_000;
/** For as long a merge can be contested before those who were merged see what is about each other. */
const UNCONTESTED_MS = 30 * DAY_MS;

/**
 * Under which persons that were made one somebody who signs in sees what is about them: those whose merge nobody has contested for
 * 30 days. Until then, and of a contested merge always, only the person to whom the number was first assigned. The current one comes first.
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
