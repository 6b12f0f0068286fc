import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import type { Tx } from '@crossroads/database';
import { parseCursor } from '@crossroads/eventsourcing';
import { type CloudEvent, Consumer, type EventConsumer, type Reading } from '@crossroads/messaging';
import { numberKey } from './number-key.js';
import { applyTransitions, type NumberTransition, type TransitionKind } from './number-transitions.js';

const KINDS: Readonly<Partial<Record<NumberChange, TransitionKind>>> = {
  [NumberChange.NUMBER_CHANGE_ASSIGNED]: 'assigned',
  [NumberChange.NUMBER_CHANGE_REPLACED]: 'replaced',
  [NumberChange.NUMBER_CHANGE_UNREPLACED]: 'unreplaced',
  [NumberChange.NUMBER_CHANGE_CANCELED]: 'canceled',
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Other events on the topic do not concern the directory, and are not unsealed. */
export const NUMBER_EVENTS = ['assigned', 'replaced', 'unreplaced', 'canceled'].map(
  (participle) => `crossroads.person.v1.numbers.notify.${participle}`,
);

/** Follows what the registry publishes of numbers. */
@Consumer('crossroads.person.v1', { types: NUMBER_EVENTS })
export class NumberConsumer implements EventConsumer<NumberTransition> {
  read(events: readonly CloudEvent[]): Reading<NumberTransition>[] {
    return events.map((event) => {
      const transition = transitionOf(event);
      return transition === undefined ? { items: [], unreadable: 'UNREADABLE' } : { items: [transition] };
    });
  }

  async handle(transitions: readonly NumberTransition[], tx: Tx): Promise<void> {
    await applyTransitions(tx, transitions);
  }
}

/** Undefined when the event cannot be read. */
const transitionOf = ({ data, cursor }: CloudEvent): NumberTransition | undefined => {
  const decoded = decode(data);
  const at = parseCursor(cursor ?? '');
  if (decoded === undefined || at === undefined) return undefined;
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
    position: at.position,
  };
};

const decode = (data: Uint8Array): NumberChanged | undefined => {
  try {
    return NumberChanged.decode(data);
  } catch {
    return undefined;
  }
};
