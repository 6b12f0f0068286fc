import { type Decider, type DomainEvent } from '@crossroads/eventsourcing';
import type { Days } from './days.js';
import { type Line, packLines, unpackLines } from './packing.js';
import { changesBetween, endedBefore, type Periods, withChange, withPeriod } from './periods.js';

/** What an institution says of a person: has a file (over a period), or has it no longer (from the period's end on). */
export interface AskedLine {
  /** The person's number; to uninscribe, also those of the persons that became one with it. */
  readonly persons: readonly number[];
  readonly context: string;
  readonly period: Days;
}

/** One line of one person, or a chunk of an institution's file. */
export interface InscriptionCommand {
  readonly type: 'Inscribe' | 'Uninscribe';
  readonly institution: string;
  readonly lines: readonly AskedLine[];
}

/** What one command changed, or a part of it. `packed` (base64, see packing.ts) holds the periods as they are afterwards. */
export type InscriptionsChanged = DomainEvent<
  'InscriptionsChanged',
  {
    readonly institution: string;
    readonly contexts: readonly string[];
    readonly packed: string;
  }
>;

/**
 * What one institution has inscribed, of the persons a command is about: an institution's stream is too long to be read
 * whole, so its state is taken from the view, which is written with each append.
 */
export type Inscribed = ReadonlyMap<number, ReadonlyMap<string, Periods>>;

const periodsOf = (state: Inscribed, person: number, context: string): Periods => state.get(person)?.get(context) ?? [];

const withPeriods = (state: Inscribed, person: number, context: string, periods: Periods): Inscribed =>
  new Map(state).set(person, new Map(state.get(person)).set(context, periods));

/** The stream of an institution: its revision serializes what the institution says, and nobody else's. */
export const streamOf = (institution: string): string => `inscriptions-${institution}`;
export const STREAM_TYPE = 'inscriptions';

export const inscriptions: Decider<Inscribed, InscriptionCommand, InscriptionsChanged> = {
  initialState: () => new Map(),

  decide({ type, institution, lines }, state) {
    const now = new Map<string, Periods>();
    const contexts: string[] = [];
    const changes: Line[] = [];
    for (const line of lines)
      for (const change of outcomeOf(type, line, state, now))
        changes.push({ ...change, context: indexIn(contexts, change.context) });
    return inParts(changes).map((part) => ({
      type: 'InscriptionsChanged',
      data: { institution, contexts, packed: packLines(part).toString('base64') },
    }));
  },

  evolve: (state, event) =>
    changesOf(event).reduce<Inscribed>(
      (known, { person, context, ...period }) =>
        withPeriods(known, person, context, withChange(periodsOf(known, person, context), period)),
      state,
    ),
};

/** What a line changes, after those before it: `now` keeps what they left, by person and context. */
const outcomeOf = (
  type: InscriptionCommand['type'],
  { persons, context, period }: AskedLine,
  state: Inscribed,
  now: Map<string, Periods>,
): Change[] =>
  persons.flatMap((person) => {
    const key = `${person} ${context}`;
    const before = now.get(key) ?? periodsOf(state, person, context);
    const after = type === 'Inscribe' ? withPeriod(before, period) : endedBefore(before, period.end);
    now.set(key, after);
    return changesBetween(before, after).map((change) => ({ person, context, ...change }));
  });

/** A published event names each change in full, and a message on Kafka is at most 1 MB. */
const MOST_CHANGES = 5_000;

const inParts = (changes: readonly Line[]): Line[][] => {
  const parts: Line[][] = [];
  for (let from = 0; from < changes.length; from += MOST_CHANGES) parts.push(changes.slice(from, from + MOST_CHANGES));
  return parts;
};

/** Which of the lines, by their places, change something. */
export const changingLines = (command: InscriptionCommand, state: Inscribed): number[] => {
  const now = new Map<string, Periods>();
  return command.lines.flatMap((line, place) => {
    const changed = outcomeOf(command.type, line, state, now).length > 0;
    return changed ? [place] : [];
  });
};

/** A change as an event holds it, with its context. */
export interface Change extends Days {
  readonly person: number;
  readonly context: string;
}

export const changesOf = ({ data }: InscriptionsChanged): Change[] =>
  unpackLines(Buffer.from(data.packed, 'base64')).map(({ context, ...line }) => {
    const name = data.contexts[context];
    if (name === undefined) throw new RangeError('the event has no such context');
    return { ...line, context: name };
  });

const indexIn = (words: string[], word: string): number => {
  const index = words.indexOf(word);
  return index >= 0 ? index : words.push(word) - 1;
};
