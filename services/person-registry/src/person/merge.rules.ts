import type { NumberEvents, NumberStates } from '../number/replacement.rules.js';
import type { MergeEvent } from './person.decider.js';

/**
 * What a replacement, or the end of one, means for persons: an event for each person concerned, by id. Appended with the events of the
 * numbers, it lets the replacement race with every change of these persons.
 * @param numbers before the command
 * @param at ISO 8601
 */
export const mergeEventsOf = (
  numbers: NumberStates,
  decided: NumberEvents,
  at: string,
): ReadonlyMap<string, MergeEvent> => {
  const moved = new Set<string>();
  const left = new Set<string>();
  let survivor: string | undefined;
  for (const [index, events] of decided)
    for (const { type, data } of events) {
      if (type !== 'NumberReplaced' && type !== 'NumberMoved' && type !== 'NumberUnreplaced') continue;
      if (data.personId === data.previousPersonId) continue;
      const number = numbers.get(index);
      if (number === undefined || number.status === 'absent') throw new TypeError('a number moved that nobody had');
      moved.add(number.ownPersonId);
      left.add(data.previousPersonId);
      survivor = data.personId;
    }
  const merges = new Map<string, MergeEvent>();
  if (survivor === undefined) return merges;
  const data = { personIds: [...moved], survivor, at, contested: [] };
  for (const personId of [...left, survivor]) merges.set(personId, { type: 'MergesChanged', data });
  for (const personId of moved)
    merges.set(personId, { type: personId === survivor ? 'PersonSeparated' : 'PersonMerged', data });
  return merges;
};

/** A merge stays contested while other persons are merged or separated around it. */
export const withContested = ({ type, data }: MergeEvent, isContested: (personId: string) => boolean): MergeEvent => ({
  type,
  data: { ...data, contested: data.personIds.filter((id) => id !== data.survivor && isContested(id)) },
});
