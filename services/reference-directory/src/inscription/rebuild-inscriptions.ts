import type { Tx } from '@crossroads/database';
import type { LogEvent } from '@crossroads/eventsourcing';
import type { ViewOfLog } from '@crossroads/service';
import type { InstitutionContexts } from '../lookup/institution-contexts.js';
import { unpackChanges } from './inscription.codec.js';
import { type RowChange, writeChanges } from './inscription-rows.js';

/** The table `inscriptions`, from what institutions have changed. Contexts that have no number yet get one. */
export const inscriptionsView = (contexts: InstitutionContexts): ViewOfLog => ({
  from: 'log',
  table: 'inscriptions',
  types: ['InscriptionsChanged'],
  key: 'person',
  compared: ['packed'],
  // A chunk of a file is one event of up to 5,000 lines.
  batchSize: 10,
  apply: async (tx, events) => {
    const changes: RowChange[] = [];
    for (const { data } of events) {
      const { institution, changes: own } = unpackChanges(data);
      const idOf = await contexts.idsOf(institution, [...new Set(own.map(({ context }) => context))]);
      for (const { person, context, start, end } of own) changes.push({ person, contextId: idOf(context), start, end });
    }
    // All at once, since rows are locked in the order of their persons.
    await writeChanges(tx, changes, await liveSsins(tx, changes), 'inscriptions_rebuilt');
  },
  // Sealed numbers are in no event, so that erasing a person empties one column. Most are copied with the row.
  carriedOver: { columns: ['ssin'], keysOf: personsOf },
});

const personsOf = (events: readonly LogEvent[]): number[] =>
  events.flatMap(({ data }) => unpackChanges(data).changes.map(({ person }) => person));

const liveSsins = async (tx: Tx, changes: readonly RowChange[]): Promise<Map<number, Buffer>> => {
  const rows = await tx.query<{ person: number; ssin: Buffer }>(
    'select person, ssin from inscriptions where person = any ($1::int[]) and ssin is not null',
    [[...new Set(changes.map(({ person }) => person))]],
  );
  return new Map(rows.map(({ person, ssin }) => [person, ssin]));
};
