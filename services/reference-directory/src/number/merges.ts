import type { Tx } from '@crossroads/database';
import type { LogPosition } from './number-transitions.js';
import type { PersonNumbers } from './person-numbers.js';

/** The numbers of these persons lead to the survivor now; one of them may be the survivor, who stands alone again. */
export interface Merge {
  readonly personIds: readonly string[];
  readonly survivor: string;
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
  const latest = new Map<number, { readonly survivor: number } & Pick<Merge, 'serial' | 'at'>>();
  for (const { personIds, survivor, serial, at } of merges)
    for (const one of personIds.map(person)) {
      const known = latest.get(one);
      if (!known || known.serial < serial) latest.set(one, { survivor: person(survivor), serial, at });
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
  ]);
};

const upsertInto = (table: string) => ({
  name: `${table}-upsert`,
  text: `insert into ${table} as m (person, serial, survivor, partition, position)
    select * from unnest($1::int[], $2::bigint[], $3::int[], $4::smallint[], $5::bigint[])
    on conflict (person) do update set serial = excluded.serial, survivor = excluded.survivor,
      partition = excluded.partition, position = excluded.position where m.serial < excluded.serial`,
});
