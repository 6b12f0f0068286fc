import type { Queryable } from '@crossroads/database';
import { applyTombstones } from '../postgres-subject-keys.js';
import type { SubjectKeys, Tombstone } from '../subject-keys.js';

type Db = Pick<Queryable, 'query'>;

const PAGE_SIZE = 10_000;
const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * The second copy of the tombstones, in the service's own database. It is written first, in the transaction of what else the erasure
 * changes; then the key is destroyed, and then the erasure is acknowledged. Whatever is interrupted is done again.
 */
export class Tombstones {
  constructor(
    private readonly db: Db,
    /** None in a service that seals nothing for persons. */
    private readonly keys: Pick<SubjectKeys, 'destroy'> | undefined,
  ) {}

  /** Idempotent: the first tombstone of a person stays. */
  async add(tx: Db, tombstones: readonly Tombstone[]): Promise<void> {
    await insertTombstones(tx, tombstones);
  }

  /** Destroys the keys of those whose erasure is not acknowledged yet, and returns them. */
  async carryOut(limit: number): Promise<Tombstone[]> {
    const pending = await this.db.query<Tombstone>(
      `select person_id as "personId", erased_at as "erasedAt", reason from tombstones where acknowledged_at is null
        order by erased_at limit $1`,
      [limit],
    );
    if (pending.length > 0) await this.keys?.destroy(...pending);
    return pending;
  }

  async acknowledged(personId: string): Promise<void> {
    await this.db.query('update tombstones set acknowledged_at = clock_timestamp() where person_id = $1', [personId]);
  }
}

/**
 * Brings both copies together, before anything is read with the keys: one of the databases may have been restored to an older state.
 * Returns how many tombstones each lacked.
 */
export const reconcileTombstones = async (
  db: Db,
  keysDb: Db,
): Promise<{ readonly keys: number; readonly own: number }> => {
  let [keys, own] = [0, 0];
  const ours = 'select person_id as "personId", erased_at as "erasedAt", reason from tombstones';
  for await (const page of pagesOf(db, `${ours} where person_id > $1 order by person_id limit $2`))
    keys += (await applyTombstones(keysDb, page)).length;
  const theirs = `select person_id as "personId", destroyed_at as "erasedAt", reason from subject_keys
    where destroyed_at is not null`;
  for await (const page of pagesOf(keysDb, `${theirs} and person_id > $1 order by person_id limit $2`))
    own += await insertTombstones(db, page);
  return { keys, own };
};

const pagesOf = async function* (db: Db, query: string): AsyncGenerator<Tombstone[]> {
  for (let after = NOBODY; ; ) {
    const page = await db.query<Tombstone>(query, [after, PAGE_SIZE]);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.personId;
  }
};

const insertTombstones = async (db: Db, tombstones: readonly Tombstone[]): Promise<number> => {
  const sorted = [...tombstones].sort((a, b) => (a.personId < b.personId ? -1 : 1));
  const rows = await db.query(
    `insert into tombstones (person_id, erased_at, reason)
     select distinct on (person_id) * from unnest($1::uuid[], $2::timestamptz[], $3::text[]) t (person_id, erased_at, reason)
     on conflict (person_id) do nothing returning 1`,
    [
      sorted.map(({ personId }) => personId),
      sorted.map(({ erasedAt }) => erasedAt),
      sorted.map(({ reason }) => reason),
    ],
  );
  return rows.length;
};
