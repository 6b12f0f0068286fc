import { NumberChange, NumberChanged, PersonsMerged } from '@crossroads/contracts/person/v1/events';
import type { CloudEvent } from '@crossroads/messaging';
import type { Merge } from './merges.js';
import { numberKey } from './number-key.js';
import type { LogPosition, NumberTransition, TransitionKind } from './number-transitions.js';

const KINDS: Readonly<Partial<Record<NumberChange, TransitionKind>>> = {
  [NumberChange.NUMBER_CHANGE_ASSIGNED]: 'assigned',
  [NumberChange.NUMBER_CHANGE_REPLACED]: 'replaced',
  [NumberChange.NUMBER_CHANGE_UNREPLACED]: 'unreplaced',
  [NumberChange.NUMBER_CHANGE_CANCELED]: 'canceled',
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const MERGED = 'crossroads.person.v1.persons.notify.merged';

export const NUMBER_CHANGED = ['assigned', 'replaced', 'unreplaced', 'canceled'].map(
  (participle) => `crossroads.person.v1.numbers.notify.${participle}`,
);

/** Other events on the topic do not concern the directory, and are not unsealed. */
export const NUMBER_EVENTS = [...NUMBER_CHANGED, MERGED];

/** Undefined when the event cannot be read. */
export const transitionOf = (event: CloudEvent): NumberTransition | undefined => {
  const decoded = decode(NumberChanged, event.data);
  const place = placeOf(event);
  if (decoded === undefined || place === undefined) return undefined;
  const { personId, ssinIndex, change, replacedByIndex, previousPersonId } = decoded;
  const kind = KINDS[change];
  if (kind === undefined || ssinIndex === '') return undefined;
  if (![personId, previousPersonId || personId].every((id) => UUID.test(id))) return undefined;
  return {
    kind,
    number: numberKey(ssinIndex),
    replacedBy: replacedByIndex === '' ? undefined : numberKey(replacedByIndex),
    personId,
    previousPersonId: previousPersonId === '' ? undefined : previousPersonId,
    ...place,
  };
};

/** Undefined when the event cannot be read. */
export const mergeOf = (event: CloudEvent): Merge | undefined => {
  const decoded = decode(PersonsMerged, event.data);
  const place = placeOf(event);
  if (decoded === undefined || place === undefined) return undefined;
  const { personIds, survivorPersonId: survivor, mergeTime: since, contestedPersonIds: contested } = decoded;
  if (since === undefined || personIds.length === 0 || ![...personIds, survivor].every((id) => UUID.test(id)))
    return undefined;
  return { personIds, survivor, since, contested, ...place };
};

/** The serial is drawn at the insert into the registry's log: it orders what partitions do not. */
const placeOf = ({
  place,
  partition,
}: CloudEvent): { readonly serial: bigint; readonly at: LogPosition } | undefined =>
  place && partition !== undefined ? { serial: place.serial, at: { partition, position: place.position } } : undefined;

interface MessageType<Message> {
  decode(data: Uint8Array): Message;
}

const decode = <Message>(type: MessageType<Message>, data: Uint8Array): Message | undefined => {
  try {
    return type.decode(data);
  } catch {
    return undefined;
  }
};
