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
import { MERGED, mergeOf, NUMBER_EVENTS, transitionOf } from './number-events.reader.js';
import { applyTransitions, type NumberTransition, personIdsOf } from './number-transitions.js';
import { numberPersons } from './person-numbers.js';
import { deletePhantoms, findPhantoms } from './phantoms.js';

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
