import type { Decider, DomainEvent } from '@crossroads/eventsourcing/decider';
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

/** What a command changes. */
export interface Decision {
  readonly events: InscriptionsChanged[];
  readonly changes: readonly Change[];
  /** The lines, by their places, that change something. */
  readonly changing: readonly number[];
}

export const decide = ({ type, institution, lines }: InscriptionCommand, state: Inscribed): Decision => {
  const now = new Map<string, Periods>();
  const changes: Change[] = [];
  const changing: number[] = [];
  lines.forEach(({ persons, context, period }, place) => {
    const before = changes.length;
    for (const person of persons) {
      // A line sees what those before it have left.
      const key = `${person} ${context}`;
      const periods = now.get(key) ?? periodsOf(state, person, context);
      const after = type === 'Inscribe' ? withPeriod(periods, period) : endedBefore(periods, period.end);
      for (const { start, end } of changesBetween(periods, after)) changes.push({ person, context, start, end });
      now.set(key, after);
    }
    if (changes.length > before) changing.push(place);
  });
  return { events: inParts(changes).map((part) => eventOf(institution, part)), changes, changing };
};

export const inscriptions: Decider<Inscribed, InscriptionCommand, InscriptionsChanged> = {
  initialState: () => new Map(),

  decide: (command, state) => decide(command, state).events,

  evolve: (state, event) =>
    changesOf(event).reduce<Inscribed>(
      (known, { person, context, start, end }) =>
        withPeriods(known, person, context, withChange(periodsOf(known, person, context), { start, end })),
      state,
    ),
};

/** A published event names each change in full, and a message on Kafka is at most 1 MB. */
const MAX_CHANGES = 5_000;

const inParts = (changes: readonly Change[]): Change[][] => {
  const parts: Change[][] = [];
  for (let from = 0; from < changes.length; from += MAX_CHANGES) parts.push(changes.slice(from, from + MAX_CHANGES));
  return parts;
};

const eventOf = (institution: string, changes: readonly Change[]): InscriptionsChanged => {
  const contexts = [...new Set(changes.map(({ context }) => context))];
  const places = new Map(contexts.map((context, place) => [context, place]));
  const lines = changes.map(
    ({ person, context, start, end }): Line => ({ person, context: places.get(context) ?? 0, start, end }),
  );
  return { type: 'InscriptionsChanged', data: { institution, contexts, packed: packLines(lines).toString('base64') } };
};

/** A change as an event holds it, with its context. */
export interface Change extends Days {
  readonly person: number;
  readonly context: string;
}

export const changesOf = ({ data }: InscriptionsChanged): Change[] =>
  unpackLines(Buffer.from(data.packed, 'base64')).map(({ person, context, start, end }) => {
    const name = data.contexts[context];
    if (name === undefined) throw new RangeError('the event has no such context');
    return { person, context: name, start, end };
  });
