import type { Decider, DomainEvent } from '@crossroads/eventsourcing/decider';
import type { DayRange } from '../period/days.rules.js';
import { addPeriod, applyChange, changesBetween, endPeriods, type Periods } from '../period/periods.rules.js';

/** One line of a command: the institution has a file on a person in a period or, to uninscribe, none after the period's end. */
export interface Line {
  /** The number of the person; to uninscribe, also the numbers of the persons that were merged into this one. */
  readonly persons: readonly number[];
  readonly context: string;
  readonly period: DayRange;
}

/** One line, or a chunk of an institution's file. */
export interface InscriptionCommand {
  readonly type: 'Inscribe' | 'Uninscribe';
  readonly institution: string;
  readonly lines: readonly Line[];
}

/** A period of a person in a context, as it is after the change. Empty: the period was removed. */
export interface Change extends DayRange {
  readonly person: number;
  readonly context: string;
}

/** Everything that one command changed. */
export type InscriptionsChanged = DomainEvent<
  'InscriptionsChanged',
  { readonly institution: string; readonly changes: readonly Change[] }
>;

/**
 * What one institution has inscribed, by person and context, for the persons of a command. It is read from the rows that each append
 * updates: the stream of an institution is too long to be read for each command.
 */
export type Inscribed = ReadonlyMap<number, ReadonlyMap<string, Periods>>;

/** One stream an institution: its revision serializes the institution's commands. */
export const streamOf = (institution: string): string => `inscriptions-${institution}`;
export const STREAM_TYPE = 'inscriptions';

/** What the lines of a command change, and the indexes of the lines that change something. */
export const changesOf = (
  { type, lines }: InscriptionCommand,
  state: Inscribed,
): { readonly changes: Change[]; readonly changedLines: number[] } => {
  const current = new Map<string, Periods>();
  const changes: Change[] = [];
  const changedLines: number[] = [];
  lines.forEach(({ persons, context, period }, index) => {
    const before = changes.length;
    for (const person of persons) {
      // A line sees what the lines before it have changed.
      const key = `${person} ${context}`;
      const periods = current.get(key) ?? periodsOf(state, person, context);
      const after = type === 'Inscribe' ? addPeriod(periods, period) : endPeriods(periods, period.end);
      for (const { start, end } of changesBetween(periods, after)) changes.push({ person, context, start, end });
      current.set(key, after);
    }
    if (changes.length > before) changedLines.push(index);
  });
  return { changes, changedLines };
};

export const eventsOf = (institution: string, changes: readonly Change[]): InscriptionsChanged[] =>
  changes.length === 0 ? [] : [{ type: 'InscriptionsChanged', data: { institution, changes } }];

export const inscriptionDecider: Decider<Inscribed, InscriptionCommand, InscriptionsChanged> = {
  initialState: () => new Map(),

  decide: (command, state) => eventsOf(command.institution, changesOf(command, state).changes),

  evolve: (state, { data }) =>
    data.changes.reduce<Inscribed>(
      (inscribed, { person, context, start, end }) =>
        withPeriods(inscribed, person, context, applyChange(periodsOf(inscribed, person, context), { start, end })),
      state,
    ),
};

const periodsOf = (state: Inscribed, person: number, context: string): Periods => state.get(person)?.get(context) ?? [];

const withPeriods = (state: Inscribed, person: number, context: string, periods: Periods): Inscribed =>
  new Map(state).set(person, new Map(state.get(person)).set(context, periods));
