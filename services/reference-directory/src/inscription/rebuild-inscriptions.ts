import type { Database, Tx } from '@crossroads/database';
import { LogReader, partitionsOf, type Recorded } from '@crossroads/eventsourcing';
import type { InstitutionContexts } from '../lookup/institution-contexts.js';
import { unpackChanges } from './inscription.codec.js';
import { writeChanges } from './inscription-rows.js';

const BATCH_SIZE = 50;
/** The two tables are compared while writers wait: as long as it takes, within reason. */
const SWAP_MS = 1_800_000;

export interface Rebuilt {
  readonly events: number;
  readonly persons: number;
  /** Persons whose rebuilt row differs from the live one. Not 0: the live rows were wrong. */
  readonly differing: number;
}

/**
 * Rebuilds the table `inscriptions` from the log in a second table, then swaps the two. Writers wait only while the last few events
 * are applied. `migrator` connects as the role that owns the schema.
 */
export const rebuildInscriptions = async (
  migrator: Database,
  contexts: InstitutionContexts,
  say: (line: string) => void,
): Promise<Rebuilt> => {
  await migrator.query('drop table if exists inscriptions_rebuilt');
  await migrator.query('create table inscriptions_rebuilt (like inscriptions including all)');
  const log = new LogReader(migrator);
  const places = new Map(partitionsOf('main').map((partition) => [partition, 0n]));
  let events = 0;
  for (;;) {
    const batch = await log.read(places, BATCH_SIZE);
    if (batch.length === 0) break;
    for (const recorded of batch) await migrator.transaction((tx) => apply(tx, recorded, contexts));
    events += batch.length;
    for (const { partition, place } of batch) places.set(partition, place.position);
    say(`rebuilt from ${events} events`);
  }
  return migrator.transaction(
    async (tx) => {
      // Readers are not blocked. A writer that has appended waits for the lock, and then writes its rows into the new table.
      await tx.query('lock table inscriptions in exclusive mode');
      const rest = await committedAfter(tx, places);
      for (const recorded of rest) await apply(tx, recorded, contexts);
      const [compared] = await tx.query<{ persons: bigint; differing: bigint }>(
        `select count(*) as persons, count(*) filter (where i.packed is distinct from r.packed) as differing
         from inscriptions i full join inscriptions_rebuilt r using (person)`,
      );
      // Sealed numbers are in no event, so that erasing a person empties one column: they are copied.
      await tx.query('update inscriptions_rebuilt r set ssin = i.ssin from inscriptions i where i.person = r.person');
      await tx.query('drop table inscriptions');
      await tx.query('alter table inscriptions_rebuilt rename to inscriptions');
      await tx.query('alter index inscriptions_rebuilt_pkey rename to inscriptions_pkey');
      return {
        events: events + rest.length,
        persons: Number(compared?.persons ?? 0),
        differing: Number(compared?.differing ?? 0),
      };
    },
    { timeoutMs: SWAP_MS },
  );
};

type StoredEvent = Pick<Recorded, 'type' | 'data'>;

const apply = async (tx: Tx, { type, data }: StoredEvent, contexts: InstitutionContexts): Promise<void> => {
  if (type !== 'InscriptionsChanged') return;
  const { institution, changes } = unpackChanges(data);
  const idOf = await contexts.idsOf(institution, [...new Set(changes.map(({ context }) => context))]);
  const rowChanges = changes.map(({ person, context, start, end }) => ({
    person,
    contextId: idOf(context),
    start,
    end,
  }));
  await writeChanges(tx, rowChanges, new Map(), 'inscriptions_rebuilt');
};

/** Also events that have no position yet: under the lock, every writer has committed or waits. */
const committedAfter = (tx: Tx, places: ReadonlyMap<number, bigint>): Promise<StoredEvent[]> =>
  tx.query(
    `select e.type, e.data from unnest($1::smallint[], $2::bigint[]) place (partition, position)
       join es.events e on e.partition = place.partition and e.month = 0
       left join es.log l on l.partition = e.partition and l.month = e.month and l.stream_id = e.stream_id and l.revision = e.revision
      where l.position is null or l.position > place.position
      order by e.serial`,
    [[...places.keys()], [...places.values()]],
  );
