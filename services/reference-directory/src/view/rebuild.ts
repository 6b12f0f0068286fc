import { type Database, type Tx } from '@crossroads/database';
import { type Cursor, LOG_START, PostgresEventStore, type Recorded } from '@crossroads/eventsourcing';
import { changesOf, type InscriptionsChanged } from '../domain/inscriptions.js';
import type { Files } from './files.js';
import { writeChanges } from './inscription-rows.js';

const EVENTS_AT_ONCE = 50;

export interface Rebuilt {
  readonly events: number;
  readonly persons: number;
  /** Persons whose rows came out otherwise than they were read until now. Not 0: the live rows were wrong. */
  readonly differing: number;
}

/**
 * Makes the rows anew from the log, beside those that are read, and puts them in their place. Only the last few events are
 * taken while writers wait. `migrator` connects as the role that owns the schema.
 */
export const rebuildInscriptions = async (
  migrator: Database,
  files: Files,
  say: (line: string) => void,
): Promise<Rebuilt> => {
  await migrator.query('drop table if exists inscriptions_rebuilt');
  await migrator.query('create table inscriptions_rebuilt (like inscriptions including all)');
  const store = new PostgresEventStore(migrator);
  let cursor: Cursor = LOG_START;
  let events = 0;
  for (;;) {
    const batch = await store.readLog(cursor, EVENTS_AT_ONCE);
    if (batch.length === 0) break;
    for (const recorded of batch) await migrator.transaction((tx) => apply(tx, recorded, files));
    events += batch.length;
    cursor = batch.at(-1)?.cursor ?? cursor;
    say(`rebuilt from ${events} events`);
  }
  return migrator.transaction(async (tx) => {
    // Readers go on. A writer that has appended waits here with its rows, and writes them into the new table.
    await tx.query('lock table inscriptions in exclusive mode');
    const rest = await committedAfter(tx, cursor);
    for (const recorded of rest) await apply(tx, recorded, files);
    const [compared] = await tx.query<{ persons: bigint; differing: bigint }>(
      `select count(*) as persons, count(*) filter (where i.packed is distinct from r.packed) as differing
         from inscriptions i full join inscriptions_rebuilt r using (person)`,
    );
    // Numbers are in no event, so that erasing a person is emptying a row: they are taken over.
    await tx.query('update inscriptions_rebuilt r set ssin = i.ssin from inscriptions i where i.person = r.person');
    await tx.query('drop table inscriptions');
    await tx.query('alter table inscriptions_rebuilt rename to inscriptions');
    await tx.query('alter index inscriptions_rebuilt_pkey rename to inscriptions_pkey');
    return {
      events: events + rest.length,
      persons: Number(compared?.persons ?? 0),
      differing: Number(compared?.differing ?? 0),
    };
  });
};

const apply = async (tx: Tx, recorded: Pick<Recorded, 'type' | 'data'>, files: Files): Promise<void> => {
  const { type, data } = recorded;
  if (type !== 'InscriptionsChanged') return;
  const event = { type, data } as InscriptionsChanged;
  const changes = changesOf(event);
  const numbers = await files.numbersOf(event.data.institution, [...new Set(changes.map(({ context }) => context))]);
  const numbered = changes.map(({ person, context, start, end }) => ({
    person,
    start,
    end,
    file: numbers.get(context) ?? 0,
  }));
  await writeChanges(tx, numbered, new Map(), 'inscriptions_rebuilt');
};

/** Not gated: whoever has written rows has committed, and whoever has not will write them itself. */
const committedAfter = (tx: Tx, { transactionId, position }: Cursor): Promise<Pick<Recorded, 'type' | 'data'>[]> =>
  tx.query(
    `select type, data from es.events where revision > 0 and (transaction_id, position) > ($1::xid8, $2::bigint)
      order by transaction_id, position`,
    [transactionId, position],
  );
