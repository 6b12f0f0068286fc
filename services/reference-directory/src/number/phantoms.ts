import type { Database, Tx } from '@crossroads/database';
import { partitionOf, topicPartitionOf } from '@crossroads/eventsourcing';
import type { CloudEvent, PhantomRange, RestoredLog } from '@crossroads/messaging';
import type { NumberItem } from './number.consumer.js';

/** The rows that were last written by events which the registry's log may have lost, and what it says of them now. */
export interface Phantoms {
  /** Keys of rows of `numbers`. */
  readonly numbers: ReadonlySet<string>;
  /** Keys of rows of `merges`, by the id of the person. */
  readonly persons: ReadonlyMap<string, number>;
  readonly truth: readonly NumberItem[];
}

/**
 * A restored registry gives the serials of lost events to new ones. A row that a lost event wrote would refuse them, so it is written anew.
 * @param itemOf undefined for events that do not concern the directory
 */
export const findPhantoms = async (
  db: Pick<Database, 'query'>,
  { partition, after, upTo }: PhantomRange,
  log: RestoredLog,
  itemOf: (event: CloudEvent) => NumberItem | undefined,
): Promise<Phantoms> => {
  const range = [partition, after, upTo];
  const numbers = new Set((await db.query<{ readonly number: string }>(NUMBERS, range)).map(({ number }) => number));
  const rows = await db.query<{ readonly person: number; readonly id: string }>(PERSONS, range);
  const persons = new Map(rows.map(({ person, id }) => [id, person]));
  // The partition of a person has all merges of the person: those that are lost here may be the last ones of persons elsewhere.
  const partitions = new Set([...persons.keys()].map((id) => topicPartitionOf(partitionOf('main', id))));
  if (numbers.size > 0) partitions.add(partition);
  const truth: NumberItem[] = [];
  for (const one of partitions)
    for await (const event of log.all(one)) {
      const item = itemOf(event);
      const isConcerned =
        item && ('number' in item ? numbers.has(item.number) : item.personIds.some((id) => persons.has(id)));
      if (isConcerned) truth.push(item);
    }
  return { numbers, persons, truth };
};

/** Those that have not been written by another event in between. */
export const deletePhantoms = async (
  tx: Tx,
  { partition, after, upTo }: PhantomRange,
  { numbers, persons }: Phantoms,
): Promise<void> => {
  const range = [partition, after, upTo];
  await tx.query(`delete from numbers where ${IN_RANGE} and number = any($4::uuid[])`, [...range, [...numbers]]);
  await tx.query(`delete from merges where ${IN_RANGE} and person = any($4::int[])`, [...range, [...persons.values()]]);
};

const IN_RANGE = 'partition = $1 and position > $2 and position <= $3';
const NUMBERS = `select number from numbers where ${IN_RANGE}`;
const PERSONS = `select m.person, p.person_id as id from merges m join persons p using (person) where ${IN_RANGE}`;
