import type { CheckResponse } from '@crossroads/contracts/directory/v1/directory_service';

const DAY_MS = 86_400_000;
/** For as long a merge can be contested before what is shown to one person is shown to the other. */
const UNCONTESTED_MS = 30 * DAY_MS;

/**
 * Of persons who were made one, those who are one for what is shown to themselves (access lists, mailboxes, delegations), seen from the
 * person whose number, or id, was looked up: those whose merge nobody has contested for 30 days. Until then, and of a contested merge
 * always, only the person to whom the number was first assigned. The current one comes first. It asks for a person whom the directory
 * knows.
 */
export const personsAsOne = (
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
