import { NumberChange, NumberChanged } from '@crossroads/contracts/person/v1/events';
import type { Database, Tx } from '@crossroads/database';
import { parseCursor } from '@crossroads/eventsourcing';
import {
  type CloudEvent,
  park,
  parkBlocked,
  type Redriven,
  redrive,
  rememberConsumed,
  type TopicSealing,
} from '@crossroads/messaging';
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

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UNREADABLE = 'UNREADABLE';

interface Read {
  readonly event: CloudEvent;
  /** Nothing when it cannot be read. */
  readonly step: NumberStepped | undefined;
}

/** Takes what the registry says of numbers; all else on its topic is not the directory's business, and stays sealed. */
export class PersonFeed {
  constructor(
    private readonly db: Database,
    private readonly sealing: Pick<TopicSealing, 'open'>,
  ) {}

  /** A batch is one transaction, with how far the topic was read. What cannot be read is parked, as it came, and its person's later ones behind it. */
  async take(events: readonly CloudEvent[]): Promise<void> {
    const read = await Promise.all(
      events.filter(({ type }) => NUMBERS.test(type)).map(async (event) => ({ event, step: await this.stepOf(event) })),
    );
    await this.db.transaction(async (tx) => {
      await applyNumberSteps(tx, await this.parkWhatMustWait(tx, read));
      await rememberConsumed(tx, PERSON_TOPIC, events);
    });
  }

  /** Tries what is parked again: when a key has come that was missing. */
  redrive(): Promise<Redriven> {
    return redrive({
      db: this.db,
      topic: PERSON_TOPIC,
      handle: async (event, tx) => {
        const step = await this.stepOf(event);
        if (step === undefined) return { stillBecause: UNREADABLE };
        await applyNumberSteps(tx, [step]);
        return undefined;
      },
    });
  }

  private async parkWhatMustWait(tx: Tx, read: readonly Read[]): Promise<NumberStepped[]> {
    const events = read.map(({ event }) => event);
    const going = new Set(await parkBlocked(tx, PERSON_TOPIC, events));
    const steps: NumberStepped[] = [];
    const behind = new Set<string>();
    for (const { event, step } of read) {
      if (!going.has(event)) continue;
      if (step === undefined) {
        await park(tx, PERSON_TOPIC, event, UNREADABLE);
        behind.add(event.key);
      } else if (behind.has(event.key)) await parkBlocked(tx, PERSON_TOPIC, [event]);
      else steps.push(step);
    }
    return steps;
  }

  private async stepOf(event: CloudEvent): Promise<NumberStepped | undefined> {
    try {
      return numberStepped(await this.sealing.open(PERSON_TOPIC, event));
    } catch {
      return undefined;
    }
  }
}

const numberStepped = ({ data, cursor }: CloudEvent): NumberStepped | undefined => {
  const { personId, ssinIndex, change, replacedByIndex, previousPersonId } = NumberChanged.decode(data);
  const step = STEPS[change];
  const at = parseCursor(cursor ?? '');
  if (step === undefined || at === undefined || ssinIndex === '') return undefined;
  if (![personId, previousPersonId || personId].every((id) => UUID.test(id))) return undefined;
  return {
    step,
    number: numberKey(ssinIndex),
    replacedBy: replacedByIndex === '' ? undefined : numberKey(replacedByIndex),
    personId,
    previousPersonId: previousPersonId === '' ? undefined : previousPersonId,
    position: at.position,
  };
};
