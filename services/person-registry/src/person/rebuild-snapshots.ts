import type { ProviderOf, ViewOfLog } from '@crossroads/service';
import { PERSON_EVENTS } from './person.decider.js';
import { Persons } from './persons.js';

/**
 * The table `person_snapshots`, from the events of persons. Live rows follow when a person is read, and are sealed anew each time: nothing
 * can be compared. Each rebuilt row is at the last event of its person.
 */
export const snapshotsView = (providerOf: ProviderOf): ViewOfLog => ({
  from: 'log',
  table: 'person_snapshots',
  types: Object.keys(PERSON_EVENTS),
  key: 'person_id',
  compared: [],
  apply: async (tx, events) => {
    // Events of a stream come in their order: the last one counts.
    const until = new Map(events.map(({ streamId, revision }) => [streamId, revision]));
    await (await providerOf(Persons)).rebuildSnapshots(tx, until);
  },
});
