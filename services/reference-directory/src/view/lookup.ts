import type { Queryable } from '@crossroads/database';
import { type Entry, unpackEntries } from '../domain/packing.js';
import { withPeriod } from '../domain/periods.js';

type NumberState = 'VALID' | 'REPLACED' | 'CANCELED';

/** What is known of somebody who was asked for. */
export interface Found {
  /** Of the number that was asked for; VALID for a person by id. */
  readonly state: NumberState;
  /** The survivor, where persons became one. */
  readonly person: number;
  readonly personId: string;
  /** Of all who became this person, themselves included. */
  readonly entries: readonly Entry[];
  /** Who became this person. */
  readonly mergedPersonIds: readonly string[];
}

/** Whom to look up: a number by its keys (`numberKey`, one for each version of the blind index' key), or a person by id. */
export type Sought = { readonly numbers: readonly string[] } | { readonly personId: string };

interface Row {
  readonly n: number;
  readonly state: string;
  readonly person: number;
  readonly person_id: string;
  readonly packed: Buffer | null;
  readonly merged_ids?: string[] | null;
  readonly merged_packed?: (Buffer | null)[] | null;
}

const LOOKUP = {
  name: 'lookup',
  text: `with asked as (
      select a.n, x.state, x.person from unnest($1::int[], $2::uuid[]) a (n, number) join numbers x on x.number = a.number
      union all
      select a.n, 'V', p.person from unnest($3::int[], $4::uuid[]) a (n, person_id) join persons p on p.person_id = a.person_id)
    select a.n, a.state::text, p.person, p.person_id, i.packed, f.merged_ids::text[], f.merged_packed
      from asked a
      left join merges m on m.person = a.person
      join persons p on p.person = coalesce(m.survivor, a.person)
      left join inscriptions i on i.person = p.person
      cross join lateral (
        select array_agg(q.person_id) as merged_ids, array_agg(o.packed) as merged_packed
          from merges b join persons q on q.person = b.person left join inscriptions o on o.person = b.person
         where b.survivor = p.person) f`,
};

/** Numbers whose person nobody else became: nearly all that is ever asked. `LOOKUP` finds the same at nearly twice the cost. */
const LOOKUP_PLAIN = {
  name: 'lookup-plain',
  text: `select a.n, x.state::text, p.person, p.person_id, i.packed
      from unnest($1::int[], $2::uuid[]) a (n, number)
      join numbers x on x.number = a.number
      left join merges m on m.person = x.person
      join persons p on p.person = coalesce(m.survivor, x.person)
      left join inscriptions i on i.person = p.person
     where not exists (select from merges b where b.survivor = p.person)`,
};

/** All of them, in the order asked; nothing for those that are not known. One round trip, and one more for whom others became. */
export const lookup = async (db: Queryable, sought: readonly Sought[]): Promise<(Found | undefined)[]> => {
  const found = new Array<Found | undefined>(sought.length);
  const take = (rows: readonly Row[]) => {
    for (const row of rows) found[row.n] = foundOf(row);
  };
  const numbers = sought.flatMap((one, n) => ('numbers' in one ? one.numbers.map((key): Asked => ({ n, key })) : []));
  const ids = sought.flatMap((one, n): Asked[] => ('personId' in one ? [{ n, key: one.personId }] : []));
  if (numbers.length > 0) take(await db.query<Row>(LOOKUP_PLAIN, columnsOf(numbers)));
  const left = numbers.filter(({ n }) => found[n] === undefined);
  if (left.length + ids.length > 0) take(await db.query<Row>(LOOKUP, [...columnsOf(left), ...columnsOf(ids)]));
  return found;
};

/** A key of the one in this place; a number may have several. */
interface Asked {
  readonly n: number;
  readonly key: string;
}

const columnsOf = (asked: readonly Asked[]) => [asked.map(({ n }) => n), asked.map(({ key }) => key)];

const STATES: Readonly<Record<string, NumberState>> = { V: 'VALID', R: 'REPLACED', C: 'CANCELED' };

const foundOf = ({
  state,
  person,
  person_id: personId,
  packed,
  merged_ids: mergedPersonIds,
  merged_packed: merged,
}: Row): Found => {
  const own = packed ? unpackEntries(packed) : [];
  return {
    state: STATES[state] ?? 'CANCELED',
    person,
    personId,
    entries: merged ? union([...own, ...merged.flatMap((bytes) => (bytes ? unpackEntries(bytes) : []))]) : own,
    mergedPersonIds: mergedPersonIds ?? [],
  };
};

const union = (entries: readonly Entry[]): Entry[] => {
  const files = Map.groupBy(entries, ({ file }) => file);
  return [...files].flatMap(([file, own]) =>
    own.reduce(withPeriod, []).map(({ start, end }) => ({ file, start, end })),
  );
};
