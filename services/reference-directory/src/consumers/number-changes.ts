import type { Tx } from '@crossroads/database';

export type NumberStep = 'assigned' | 'replaced' | 'unreplaced' | 'canceled';

/** A step in a number's life, as the registry published it. */
export interface NumberStepped {
  readonly step: NumberStep;
  /** `numberKey` of the blind index. */
  readonly number: string;
  readonly replacedBy: string | undefined;
  readonly personId: string;
  /** Whose it was before, where two persons became one or were taken apart. */
  readonly previousPersonId: string | undefined;
  /** In the registry's log. Steps of one number are in its order, whatever the order they come in. */
  readonly position: bigint;
}

const STATES: Readonly<Record<NumberStep, string>> = { assigned: 'V', replaced: 'R', unreplaced: 'V', canceled: 'C' };

/**
 * Writes steps into numbers, persons and merges. Duplicates and late ones change nothing. The registry tells of each number
 * whose it is now; a number stays with the person it was given to, and that this person is now another stands in
 * `merges`: inscriptions stay where they were made, and can be taken apart again.
 */
export const applyNumberSteps = async (tx: Tx, steps: readonly NumberStepped[]): Promise<void> => {
  if (steps.length === 0) return;
  const person = await numberPersons(tx, steps);
  const latest = lastOf(steps, ({ number }) => number);
  const upsert = (some: readonly NumberStepped[]) =>
    tx.query(UPSERT_NUMBERS, [
      some.map(({ number }) => number),
      some.map(({ position }) => position),
      some.map((step) => person(step.step === 'replaced' ? (step.previousPersonId ?? step.personId) : step.personId)),
      some.map(({ step }) => STATES[step]),
      some.map(({ replacedBy }) => replacedBy ?? null),
    ]);
  // A number that is given and replaced in one batch: whose it is by itself, only the giving tells.
  const given = lastOf(
    steps.filter(({ step }) => STATES[step] === 'V'),
    ({ number }) => number,
  ).filter((step) => !latest.includes(step));
  if (given.length > 0) await upsert(given);
  await upsert(latest);
  const moved = latest.filter(({ step }) => step === 'replaced' || step === 'unreplaced');
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

/** Where the owner now is not the number's own person, this person became the owner; else they are themselves again. */
const UPSERT_MERGES = {
  name: 'merges-upsert',
  text: `insert into merges as m (person, position, survivor)
    select distinct on (n.person) n.person, s.position, nullif(s.owner, n.person)
      from unnest($1::uuid[], $2::bigint[], $3::int[]) s (number, position, owner) join numbers n using (number)
     where s.owner <> n.person or exists (select from merges o where o.person = n.person)
     order by n.person, s.position desc
    on conflict (person) do update set position = excluded.position, survivor = excluded.survivor
    where m.position < excluded.position`,
};

/** The latest of each, in the order of their keys so that two writers cannot deadlock. */
const lastOf = <Item extends { readonly position: bigint }>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): Item[] => {
  const last = new Map<string, Item>();
  for (const item of items) {
    const known = last.get(keyOf(item));
    if (!known || known.position < item.position) last.set(keyOf(item), item);
  }
  return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
};

/** The numbers of all persons that the steps name; new ones get theirs. */
const numberPersons = async (tx: Tx, steps: readonly NumberStepped[]): Promise<(personId: string) => number> => {
  const ids = [
    ...new Set(
      steps.flatMap((s) => (s.previousPersonId === undefined ? [s.personId] : [s.personId, s.previousPersonId])),
    ),
  ].sort();
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
    if (person === undefined) throw new Error('a person was not numbered');
    return person;
  };
};
