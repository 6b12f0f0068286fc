import { NumberChange, NumberChanged, PersonsMerged } from '@crossroads/contracts/person/v1/events';
import { Database, type Tx } from '@crossroads/database';
import { PostgresEventStore } from '@crossroads/eventsourcing';
import {
  type CloudEvent,
  Consumer,
  type EventConsumer,
  type PhantomRange,
  type PhantomWork,
  type Reading,
  type RestoredLog,
} from '@crossroads/messaging';
import { applyMerges, type Merge } from './merges.js';
import { numberKey } from './number-key.js';
import {
  applyTransitions,
  type LogPosition,
  type NumberTransition,
  personIdsOf,
  type TransitionKind,
} from './number-transitions.js';
import { numberPersons } from './person-numbers.js';
import { deletePhantoms, findPhantoms } from './phantoms.js';

const KINDS: Readonly<Partial<Record<NumberChange, TransitionKind>>> = {
  [NumberChange.NUMBER_CHANGE_ASSIGNED]: 'assigned',
  [NumberChange.NUMBER_CHANGE_REPLACED]: 'replaced',
  [NumberChange.NUMBER_CHANGE_UNREPLACED]: 'unreplaced',
  [NumberChange.NUMBER_CHANGE_CANCELED]: 'canceled',
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const MERGED = 'crossroads.person.v1.persons.notify.merged';

/** Other events on the topic do not concern the directory, and are not unsealed. */
export const NUMBER_EVENTS = [
  ...['assigned', 'replaced', 'unreplaced', 'canceled'].map(
    (participle) => `crossroads.person.v1.numbers.notify.${participle}`,
  ),
  MERGED,
];

export type NumberItem = NumberTransition | Merge;

/** Follows what the registry publishes of numbers, and of persons that are one. */
@Consumer('crossroads.person.v1', { types: NUMBER_EVENTS })
export class NumberConsumer implements EventConsumer<NumberItem> {
  constructor(
    private readonly store: PostgresEventStore,
    private readonly db: Database,
  ) {}

  read(events: readonly CloudEvent[]): Reading<NumberItem>[] {
    return events.map((event) => {
      const item = itemOf(event);
      return item === undefined ? { items: [], unreadable: 'UNREADABLE' } : { items: [item] };
    });
  }

  async handle(items: readonly NumberItem[], tx: Tx): Promise<void> {
    if (items.length === 0) return;
    const merges = items.filter((item) => 'survivor' in item);
    const transitions = items.filter((item) => 'number' in item);
    const named = [...transitions.flatMap(personIdsOf), ...merges.flatMap((one) => [...one.personIds, one.survivor])];
    const person = await numberPersons(tx, this.store.inTransaction(tx), named);
    await applyTransitions(tx, transitions, person);
    await applyMerges(tx, merges, person);
  }

  /** Rows that lost events wrote become what the registry's log says now. */
  async onPhantoms(range: PhantomRange, log: RestoredLog): Promise<PhantomWork> {
    const found = await findPhantoms(this.db, range, log, (event) =>
      NUMBER_EVENTS.includes(event.type) ? itemOf(event) : undefined,
    );
    return {
      apply: async (tx) => {
        await deletePhantoms(tx, range, found);
        await this.handle(found.truth, tx);
      },
      report: [
        `${found.numbers.size} numbers and ${found.persons.size} merges are written anew from the log of ${range.source}.`,
      ],
    };
  }
}

/** Undefined when the event cannot be read. */
const itemOf = (event: CloudEvent): NumberItem | undefined =>
  event.type === MERGED ? mergeOf(event) : transitionOf(event);

/** Undefined when the event cannot be read. */
const transitionOf = (event: CloudEvent): NumberTransition | undefined => {
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

const mergeOf = (event: CloudEvent): Merge | undefined => {
  const decoded = decode(PersonsMerged, event.data);
  const place = placeOf(event);
  if (decoded === undefined || place === undefined) return undefined;
  const { personIds, survivorPersonId: survivor } = decoded;
  if (personIds.length === 0 || ![...personIds, survivor].every((id) => UUID.test(id))) return undefined;
  return { personIds, survivor, ...place };
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
