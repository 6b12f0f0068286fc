import type { Tx } from '@crossroads/database';

export type TransitionKind = 'assigned' | 'replaced' | 'unreplaced' | 'canceled';

/** A change of a number's state, as the registry published it. */
export interface NumberTransition {
  readonly kind: TransitionKind;
  /** The `numberKey` of its blind index. */
  readonly number: string;
  readonly replacedBy: string | undefined;
  /** The person who has the number after the change. */
  readonly personId: string;
  /** Who had it before, when two persons were merged or separated. */
  readonly previousPersonId: string | undefined;
  /** Position in the registry's log: orders the transitions of a number, whatever the order in which they arrive. */
  readonly position: bigint;
}

const STATES: Readonly<Record<TransitionKind, string>> = {
  assigned: 'V',
  replaced: 'R',
  unreplaced: 'V',
  canceled: 'C',
};

/**
 * Writes transitions into `numbers`, `persons` and `merges`. Repeated and late ones change nothing. The registry says who has each
 * number now. A number stays with the person it was assigned to; that this person was merged into another one stands in `merges`.
 * So inscriptions stay where they were made, and a merge can be undone.
 */
export const applyTransitions = async (tx: Tx, transitions: readonly NumberTransition[]): Promise<void> => {
  if (transitions.length === 0) return;
  const person = await registerPersons(tx, transitions);
  const latest = latestOf(transitions);
  const upsert = (some: readonly NumberTransition[]) =>
    tx.query(UPSERT_NUMBERS, [
      some.map(({ number }) => number),
      some.map(({ position }) => position),
      some.map(({ kind, personId, previousPersonId }) =>
        person(kind === 'replaced' ? (previousPersonId ?? personId) : personId),
      ),
      some.map(({ kind }) => STATES[kind]),
      some.map(({ replacedBy }) => replacedBy ?? null),
    ]);
  // For a number that was assigned and replaced in one batch, only the assignment names its own person.
  const assigned = latestOf(transitions.filter(({ kind }) => STATES[kind] === 'V')).filter(
    (transition) => !latest.includes(transition),
  );
  if (assigned.length > 0) await upsert(assigned);
  await upsert(latest);
  const moved = latest.filter(({ kind }) => kind === 'replaced' || kind === 'unreplaced');
  if (moved.length === 0) return;
  await tx.query(UPSERT_MERGES, [
    moved.map(({ number }) => number),
    moved.map(({ position }) => position),
    moved.map(({ personId }) => person(personId)),
  ]);
};

const UPSERT_NUMBERS = {
  name: 'numbers-upsert',
  text: `insert into numbers as n (number, position, person, state, replaced_by)
    select * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::"char"[], $5::uuid[])
    on conflict (number) do update set position = excluded.position, state = excluded.state, replaced_by = excluded.replaced_by,
      person = case excluded.state when 'V' then excluded.person else n.person end
    where n.position < excluded.position`,
};

/** Where another person has the number now, its own person was merged into that one; else the merge, if any, was undone. */
const UPSERT_MERGES = {
  name: 'merges-upsert',
  text: `insert into merges as m (person, position, survivor)
    select distinct on (n.person) n.person, t.position, nullif(t.owner, n.person)
      from unnest($1::uuid[], $2::bigint[], $3::int[]) t (number, position, owner) join numbers n using (number)
     where t.owner <> n.person or exists (select from merges o where o.person = n.person)
     order by n.person, t.position desc
    on conflict (person) do update set position = excluded.position, survivor = excluded.survivor
    where m.position < excluded.position`,
};

/** The last transition of each number, sorted by number so that two writers cannot deadlock. */
const latestOf = (transitions: readonly NumberTransition[]): NumberTransition[] => {
  const latest = new Map<string, NumberTransition>();
  for (const transition of transitions) {
    const known = latest.get(transition.number);
    if (!known || known.position < transition.position) latest.set(transition.number, transition);
  }
  return [...latest.values()].sort((a, b) => (a.number < b.number ? -1 : 1));
};

/** Numbers all persons that are named, and gives the number of each. */
const registerPersons = async (
  tx: Tx,
  transitions: readonly NumberTransition[],
): Promise<(personId: string) => number> => {
  const ids = [...new Set(transitions.flatMap(personIdsOf))].sort();
  // Selected first: an insert that conflicts uses up a number.
  await tx.query(
    `insert into persons (person_id) select id from unnest($1::uuid[]) id
      where not exists (select from persons where person_id = id) on conflict do nothing`,
    [ids],
  );
  const rows = await tx.query<{ person: number; person_id: string }>(
    'select person, person_id from persons where person_id = any($1::uuid[])',
    [ids],
  );
  const persons = new Map(rows.map((row) => [row.person_id, row.person]));
  return (personId) => {
    const person = persons.get(personId);
    if (person === undefined) throw new Error('a person has no number');
    return person;
  };
};

const personIdsOf = ({ personId, previousPersonId }: NumberTransition): string[] =>
  previousPersonId === undefined ? [personId] : [personId, previousPersonId];
