import type { Tx } from '@crossroads/database';
import type { LogPosition } from './number-transitions.js';
import type { PersonNumbers } from './person-numbers.js';

/** The numbers of these persons lead to the survivor now; one of them may be the survivor, who stands alone again. */
export interface Merge {
  readonly personIds: readonly string[];
  readonly survivor: string;
  /** By the clock of the registry. */
  readonly since: Date;
  /** Those of `personIds` whose merge is contested. */
  readonly contested: readonly string[];
  /** Of the event in the registry's database. The merges of a person come from the partitions of all persons concerned. */
  readonly serial: bigint;
  readonly at: LogPosition;
}

/** Writes merges into `merges`. Repeated and late ones change nothing. */
export const applyMerges = async (
  tx: Tx,
  merges: readonly Merge[],
  person: PersonNumbers,
  table: 'merges' | 'merges_rebuilt' = 'merges',
): Promise<void> => {
  const latest = new Map<number, Pick<Merge, 'serial' | 'since' | 'at'> & { survivor: number; contested: boolean }>();
  for (const { personIds, survivor, contested, ...rest } of merges)
    for (const personId of personIds) {
      const known = latest.get(person(personId));
      if (!known || known.serial < rest.serial)
        latest.set(person(personId), {
          ...rest,
          survivor: person(survivor),
          contested: contested.includes(personId),
        });
    }
  if (latest.size === 0) return;
  // Sorted, so that two writers cannot deadlock.
  const rows = [...latest].sort(([a], [b]) => a - b);
  await tx.query(upsertInto(table), [
    rows.map(([one]) => one),
    rows.map(([, { serial }]) => serial),
    rows.map(([one, { survivor }]) => (survivor === one ? null : survivor)),
    rows.map(([, { at }]) => at.partition),
    rows.map(([, { at }]) => at.position),
    rows.map(([, { since }]) => since),
    rows.map(([, { contested }]) => contested),
  ]);
};

const upsertInto = (table: string) => ({
  name: `${table}-upsert`,
  text: `insert into ${table} as m (person, serial, survivor, partition, position, since, contested)
    select * from unnest($1::int[], $2::bigint[], $3::int[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::boolean[])
    on conflict (person) do update set serial = excluded.serial, survivor = excluded.survivor,
      since = excluded.since, contested = excluded.contested,
      partition = excluded.partition, position = excluded.position where m.serial < excluded.serial`,
});
