import type { Tx } from '@crossroads/database';
import { ErasesPersons, type PersonRows } from '@crossroads/service';

/**
 * Removes the sealed number, which no other service could open. What the log holds stays: a person by number, and institutions. Their
 * numbers stay known, by index only, and answer as if they were unknown (`findPersons`): a number's events and the order to erase come
 * in different partitions, so a row that was deleted could come back.
 */
@ErasesPersons()
export class ErasedNumbers implements PersonRows {
  erase(personIds: readonly string[], tx: Tx): Promise<unknown> {
    return tx.query(
      `update inscriptions i set ssin = null from persons p where p.person = i.person and p.person_id = any($1::uuid[])
         and i.ssin is not null`,
      [personIds],
    );
  }
}
