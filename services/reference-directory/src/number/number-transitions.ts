import type { Tx } from '@crossroads/database';
import type { PersonNumbers } from './person-numbers.js';

/** Where an event stands in the registry's log. */
export interface LogPosition {
  readonly partition: number;
  readonly position: bigint;
}

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
  /** Of the event in the registry's database: orders the transitions of a number, whatever the order in which they arrive. */
  readonly serial: bigint;
  readonly at: LogPosition;
}

const STATES: Readonly<Record<TransitionKind, string>> = {
  assigned: 'V',
  replaced: 'R',
  unreplaced: 'V',
  canceled: 'C',
};

/**
 * Writes transitions into `numbers`. Repeated and late ones change nothing. A number stays with the person it was assigned to; that
 * this person was merged into another one stands in `merges`. So inscriptions stay where they were made, and a merge can be undone.
 * @param person the number of each person that the transitions name
 */
export const applyTransitions = async (
  tx: Tx,
  transitions: readonly NumberTransition[],
  person: PersonNumbers,
  table: 'numbers' | 'numbers_rebuilt' = 'numbers',
): Promise<void> => {
  if (transitions.length === 0) return;
  const latest = latestOf(transitions);
  const upsert = (some: readonly NumberTransition[]) =>
    tx.query(upsertInto(table), [
      some.map(({ number }) => number),
      some.map(({ serial }) => serial),
      some.map(({ kind, personId, previousPersonId }) =>
        person(kind === 'replaced' ? (previousPersonId ?? personId) : personId),
      ),
      some.map(({ kind }) => STATES[kind]),
      some.map(({ replacedBy }) => replacedBy ?? null),
      some.map(({ at }) => at.partition),
      some.map(({ at }) => at.position),
    ]);
  // For a number that was assigned and replaced in one batch, only the assignment names its own person.
  const assigned = latestOf(transitions.filter(({ kind }) => STATES[kind] === 'V')).filter(
    (transition) => !latest.includes(transition),
  );
  if (assigned.length > 0) await upsert(assigned);
  await upsert(latest);
};

const upsertInto = (table: string) => ({
  name: `${table}-upsert`,
  text: `insert into ${table} as n (number, serial, person, state, replaced_by, partition, position)
    select * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::"char"[], $5::uuid[], $6::smallint[], $7::bigint[])
    on conflict (number) do update set serial = excluded.serial, state = excluded.state, replaced_by = excluded.replaced_by,
      partition = excluded.partition, position = excluded.position,
      person = case excluded.state when 'V' then excluded.person else n.person end
    where n.serial < excluded.serial`,
});

/** The last transition of each number, sorted by number so that two writers cannot deadlock. */
const latestOf = (transitions: readonly NumberTransition[]): NumberTransition[] => {
  const latest = new Map<string, NumberTransition>();
  for (const transition of transitions) {
    const known = latest.get(transition.number);
    if (!known || known.serial < transition.serial) latest.set(transition.number, transition);
  }
  return [...latest.values()].sort((a, b) => (a.number < b.number ? -1 : 1));
};

/** Whom a transition names. */
export const personIdsOf = ({ personId, previousPersonId }: NumberTransition): string[] =>
  previousPersonId === undefined ? [personId] : [personId, previousPersonId];
