import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import type { Database } from '@crossroads/eventsourcing';
import { parseCursor } from '@crossroads/eventsourcing';
import { type CloudEvent, rememberConsumed, type TopicSealing } from '@crossroads/messaging';
import { numberKey } from '../view/number-key.js';
import { applyNumberSteps, type NumberStep, type NumberStepped } from './number-changes.js';

export const PERSON_TOPIC = 'crossroads.person.v1';
const NUMBERS = /\.numbers\.notify\./;

const STEPS: Readonly<Partial<Record<NumberChange, NumberStep>>> = {
  [NumberChange.NUMBER_CHANGE_ASSIGNED]: 'assigned',
  [NumberChange.NUMBER_CHANGE_REPLACED]: 'replaced',
  [NumberChange.NUMBER_CHANGE_UNREPLACED]: 'unreplaced',
  [NumberChange.NUMBER_CHANGE_CANCELED]: 'canceled',
};

/** Takes what the registry says of numbers; all else on its topic is not the directory's business, and stays sealed. */
export const personFeed =
  (db: Database, sealing: Pick<TopicSealing, 'open'>) =>
  async (events: readonly CloudEvent[]): Promise<void> => {
    const opened = await Promise.all(
      events.filter(({ type }) => NUMBERS.test(type)).map((event) => sealing.open(PERSON_TOPIC, event)),
    );
    const steps = opened.flatMap(stepOf);
    await db.transaction(async (tx) => {
      await applyNumberSteps(tx, steps);
      await rememberConsumed(tx, PERSON_TOPIC, events);
    });
  };

const stepOf = ({ data, cursor }: CloudEvent): NumberStepped[] => {
  const { personId, ssinIndex, change, replacedByIndex, previousPersonId } = NumberChanged.decode(data);
  const step = STEPS[change];
  const at = parseCursor(cursor ?? '');
  if (step === undefined || at === undefined) return [];
  return [
    {
      step,
      number: numberKey(ssinIndex),
      replacedBy: replacedByIndex === '' ? undefined : numberKey(replacedByIndex),
      personId,
      previousPersonId: previousPersonId === '' ? undefined : previousPersonId,
      position: at.position,
    },
  ];
};
