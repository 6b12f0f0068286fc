import { Rejection } from '@crossroads/eventsourcing/decider';
import type { SsinKind } from '@crossroads/identifiers';
import {
  type KnownNumber,
  type NumberEvent,
  type NumberReason,
  type NumberState,
  numberDecider,
  requireActive,
  unknownSsin,
} from './number.decider.js';

/** Numbers by blind index, before a command. Absent ones may be missing. */
export type NumberStates = ReadonlyMap<string, NumberState>;
/** The events of each number, by blind index; appended together. */
export type NumberEvents = ReadonlyMap<string, readonly NumberEvent[]>;

/** A number that was given in a request, with its blind index. */
export interface IndexedNumber {
  readonly index: string;
  readonly ssin: string;
  readonly kind: SsinKind;
}

/**
 * Replaces a number by another of the same person. An unknown replacing number is assigned to that person.
 * `numbers` holds both numbers and all that the replaced one replaces (`chainOf`).
 */
export const replace = (numbers: NumberStates, replacedIndex: string, by: IndexedNumber): NumberEvents => {
  const events = join(numbers, replacedIndex, by);
  if (isOfTwo(numbers, replacedIndex, by.index))
    throw reject('TWO_PERSONS', 'the numbers are of two known persons; two officials make them one: ProposeMerge');
  return events;
};

/**
 * Makes one of two known persons: the one with the replacing number remains, and all numbers of the other lead to that one.
 * `numbers` holds both numbers and all that the replaced one replaces (`chainOf`).
 */
export const merge = (numbers: NumberStates, replacedIndex: string, byIndex: string): NumberEvents => {
  if (replacedIndex === byIndex) throw reject('REPLACES_ITSELF', 'a number cannot replace itself');
  const { kind } = known(numbers, byIndex);
  // Nothing is assigned, so the number itself is not needed.
  const events = join(numbers, replacedIndex, { index: byIndex, kind, ssin: '' });
  if (!isOfTwo(numbers, replacedIndex, byIndex))
    throw reject('ONE_PERSON', 'both numbers are of one person already; one official is enough: ReplaceSsin');
  return events;
};

const join = (numbers: NumberStates, replacedIndex: string, by: IndexedNumber): NumberEvents => {
  if (replacedIndex === by.index) throw reject('REPLACES_ITSELF', 'a number cannot replace itself');
  const replaced = known(numbers, replacedIndex);
  const replacing = numbers.get(by.index) ?? { status: 'absent' };
  const decisions = new Decisions(numbers);
  if (replacing.status === 'absent')
    decisions.decide(by.index, { type: 'AssignNumber', personId: replaced.personId, kind: by.kind, ssin: by.ssin });
  const { personId } = replacing.status === 'absent' ? replaced : replacing;
  decisions.decide(replacedIndex, { type: 'ReplaceNumber', byIndex: by.index, personId });
  if (replacing.status !== 'absent') requireActive(replacing);
  decisions.decide(by.index, { type: 'GainReplacement', index: replacedIndex });
  for (const index of chainOf(numbers, replacedIndex)) decisions.decide(index, { type: 'MoveNumber', personId });
  return decisions.events;
};

const isOfTwo = (numbers: NumberStates, one: string, other: string): boolean => {
  const [a, b] = [numbers.get(one), numbers.get(other)];
  return a !== undefined && 'personId' in a && b !== undefined && 'personId' in b && a.personId !== b.personId;
};

/** Undoes a replacement: each number leads to its own person again. A number that the replacement assigned belongs to nobody again. */
export const unreplace = (numbers: NumberStates, replacedIndex: string): NumberEvents => {
  const replaced = known(numbers, replacedIndex);
  const decisions = new Decisions(numbers);
  decisions.decide(replacedIndex, { type: 'UnreplaceNumber' });
  const { byIndex } = replaced;
  if (byIndex === undefined) return decisions.events;
  const replacing = known(numbers, byIndex);
  decisions.decide(byIndex, { type: 'LoseReplacement', index: replacedIndex });
  if (replacing.ownPersonId === replaced.ownPersonId) decisions.decide(byIndex, { type: 'ReleaseNumber' });
  for (const index of chainOf(numbers, replacedIndex))
    decisions.decide(index, { type: 'MoveNumber', personId: replaced.ownPersonId });
  return decisions.events;
};

/** The persons whose numbers lead through the one that is replaced to the one that replaces it; none when it is not replaced by that. */
export const leadingThrough = (numbers: NumberStates, replacedIndex: string, byIndex: string): string[] => {
  const owners = [replacedIndex, ...chainOf(numbers, replacedIndex)].map((index) => known(numbers, index).ownPersonId);
  return known(numbers, replacedIndex).byIndex === byIndex ? [...new Set(owners)] : [];
};

/** The numbers that this one replaces, directly or through others; as far as they are in `numbers`. */
export const chainOf = (numbers: NumberStates, index: string): string[] => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') return [];
  return state.replaces.flatMap((one) => [one, ...chainOf(numbers, one)]);
};

/** The numbers that those in `numbers` refer to and that are not in it: what is to be read next. */
export const missingOf = (numbers: NumberStates): string[] => {
  const named = [...numbers.values()].flatMap((state) =>
    state.status === 'absent' ? [] : [...state.replaces, ...(state.byIndex === undefined ? [] : [state.byIndex])],
  );
  return [...new Set(named)].filter((index) => !numbers.has(index));
};

const known = (numbers: NumberStates, index: string): KnownNumber => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') throw unknownSsin();
  return state;
};

/** Decides about several numbers; a later decision about a number sees the events of the earlier ones. */
class Decisions {
  readonly events = new Map<string, NumberEvent[]>();

  constructor(private readonly numbers: NumberStates) {}

  decide(index: string, command: Parameters<typeof numberDecider.decide>[0]): void {
    const before = this.events.get(index) ?? [];
    const state = before.reduce(numberDecider.evolve, this.numbers.get(index) ?? numberDecider.initialState());
    const decided = numberDecider.decide(command, state);
    if (decided.length > 0) this.events.set(index, [...before, ...decided]);
  }
}

const reject = (reason: NumberReason, message: string) => new Rejection(reason, message);
