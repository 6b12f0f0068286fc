import type { Queryable, Tx } from '@crossroads/database';
import type { EventStore } from '@crossroads/eventsourcing';
import { type NumberedPerson, numberedEvent, numberedStream } from './numbered.codec.js';

/** The number of a person; it throws for one that was not named. */
export type PersonNumbers = (personId: string) => number;

/**
 * Gives each person that has none a number, and the number of each. What is new is appended to the log as well: events name persons
 * by number, so the log has to say whose each number is.
 * @param store in the same transaction
 */
export const numberPersons = async (
  tx: Tx,
  store: Pick<EventStore, 'append'>,
  personIds: readonly string[],
): Promise<PersonNumbers> => {
  // Sorted, so that two writers cannot deadlock.
  const ids = [...new Set(personIds)].sort();
  // Selected first: an insert that conflicts uses up a number.
  const numbered = await tx.query<Row>(
    `insert into persons (person_id) select id from unnest($1::uuid[]) id
      where not exists (select from persons where person_id = id) on conflict do nothing returning person, person_id`,
    [ids],
  );
  const [first] = numbered;
  if (first)
    await store.append([{ ...numberedStream(first.person), events: [numberedEvent(numbered.map(numberedPerson))] }]);
  if (numbered.length === ids.length) return numbersOf(numbered);
  return (await numbersOfPersons(tx, ids)).person;
};

/** The numbers that persons have, and how many of the persons have none. */
export const numbersOfPersons = async (
  on: Queryable,
  personIds: readonly string[],
): Promise<{ readonly person: PersonNumbers; readonly missing: number }> => {
  const rows = await on.query<Row>('select person, person_id from persons where person_id = any($1::uuid[])', [
    personIds,
  ]);
  return { person: numbersOf(rows), missing: personIds.length - rows.length };
};

const numbersOf = (rows: readonly Row[]): PersonNumbers => {
  const persons = new Map(rows.map((row) => [row.person_id, row.person]));
  return (personId) => {
    const person = persons.get(personId);
    if (person === undefined) throw new Error('a person has no number');
    return person;
  };
};

interface Row {
  readonly person: number;
  readonly person_id: string;
}

const numberedPerson = ({ person, person_id: personId }: Row): NumberedPerson => ({ person, personId });
