import type { Queryable } from '@crossroads/database';
import type { SsinState } from '../number/number-state.rules.js';
import { addPeriod } from '../period/periods.rules.js';
import { type Entry, unpackEntries } from './entry.codec.js';

/** A person that was found. */
export interface FoundPerson {
  /** Of the number that was looked up; VALID for a person that was looked up by id. */
  readonly state: SsinState;
  /** The survivor, where persons were merged. */
  readonly person: number;
  readonly personId: string;
  /** Of this person and of all persons that were merged into this one. */
  readonly entries: readonly Entry[];
  readonly mergedPersonIds: readonly string[];
  /** The same persons, each with its merge. */
  readonly merges: readonly MergedPerson[];
  /** Whose the number that was looked up is, apart from merges; for a person looked up by id, that one. */
  readonly ownPersonId: string;
  /** The number of the same person. */
  readonly ownPerson: number;
}

/** Somebody who is one with another person. */
interface MergedPerson {
  readonly personId: string;
  readonly since: Date;
  /** Somebody contests it. */
  readonly contested: boolean;
}

/** Whom to look up: a number by its keys (`numberKey`, one for each version of the blind index key), or a person by id. */
export type PersonKey = { readonly numbers: readonly string[] } | { readonly personId: string };

interface Row {
  readonly n: number;
  readonly state: string;
  readonly person: number;
  readonly person_id: string;
  readonly packed: Buffer | null;
  readonly own_id: string;
  readonly own_person: number;
  readonly merged_ids: string[] | null;
  readonly merged_packed: (Buffer | null)[] | null;
  readonly merged_since: Date[] | null;
  readonly merged_contested: boolean[] | null;
}

const LOOKUP = {
  name: 'lookup',
  text: `with asked as (
      select a.n, x.state, x.person from unnest($1::int[], $2::uuid[]) a (n, number) join numbers x on x.number = a.number
      union all
      select a.n, 'V', p.person from unnest($3::int[], $4::uuid[]) a (n, person_id) join persons p on p.person_id = a.person_id)
    select a.n, a.state::text, p.person, p.person_id, w.person_id as own_id, w.person as own_person, i.packed,
           f.merged_ids::text[], f.merged_packed, f.merged_since, f.merged_contested
      from asked a
      left join merges m on m.person = a.person
      join persons p on p.person = coalesce(m.survivor, a.person)
      join persons w on w.person = a.person
      left join inscriptions i on i.person = p.person
      cross join lateral (
        select array_agg(q.person_id) as merged_ids, array_agg(o.packed) as merged_packed,
               array_agg(b.since) as merged_since, array_agg(b.contested) as merged_contested
          from merges b join persons q on q.person = b.person left join inscriptions o on o.person = b.person
         where b.survivor = p.person) f
     where not exists (select from tombstones t where t.person_id = p.person_id)`,
};

/**
 * Finds persons, in the order of their keys; undefined for unknown ones. It is one query for whichever number, in use or not: more would
 * tell by the time that they take.
 */
export const findPersons = async (db: Queryable, keys: readonly PersonKey[]): Promise<(FoundPerson | undefined)[]> => {
  const found = new Array<FoundPerson | undefined>(keys.length).fill(undefined);
  const numbers = keys.flatMap((key, n) => ('numbers' in key ? key.numbers.map((number) => ({ n, key: number })) : []));
  const ids = keys.flatMap((key, n) => ('personId' in key ? [{ n, key: key.personId }] : []));
  if (keys.length === 0) return found;
  for (const row of await db.query<Row>(LOOKUP, [...columnsOf(numbers), ...columnsOf(ids)]))
    found[row.n] = personOf(row);
  return found;
};

/** `n` is the index of the person among those looked up; a number may have several keys. */
const columnsOf = (keys: readonly { readonly n: number; readonly key: string }[]) => [
  keys.map(({ n }) => n),
  keys.map(({ key }) => key),
];

const STATES: Readonly<Record<string, SsinState>> = { V: 'VALID', R: 'REPLACED', C: 'CANCELED' };

const personOf = ({
  state,
  person,
  person_id: personId,
  packed,
  own_id: ownPersonId,
  own_person: ownPerson,
  merged_ids: mergedIds,
  merged_packed: merged,
  merged_since: since,
  merged_contested: contested,
}: Row): FoundPerson => {
  const own = packed ? unpackEntries(packed) : [];
  return {
    state: STATES[state] ?? 'CANCELED',
    person,
    personId,
    entries: merged ? joinedEntries([...own, ...merged.flatMap((bytes) => (bytes ? unpackEntries(bytes) : []))]) : own,
    ownPersonId,
    ownPerson,
    mergedPersonIds: mergedIds ?? [],
    merges: (mergedIds ?? []).map((id, n) => ({
      personId: id,
      since: present(since?.[n]),
      contested: present(contested?.[n]),
    })),
  };
};

const present = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new TypeError('a merge without its columns');
  return value;
};

/** The periods of each context, where those of several persons overlap as one. */
export const joinedEntries = (entries: readonly Entry[]): Entry[] => {
  const contexts = Map.groupBy(entries, ({ contextId }) => contextId);
  return [...contexts].flatMap(([contextId, own]) =>
    own.reduce(addPeriod, []).map(({ start, end }) => ({ contextId, start, end })),
  );
};
