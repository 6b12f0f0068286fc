import { Rejection } from '@crossroads/eventsourcing/decider';
import type { SsinKind } from '@crossroads/identifiers';
import {
  type KnownNumber,
  type NumberEvent,
  type NumberReason,
  type NumberState,
  number,
  requireActive,
  unknownSsin,
} from './number.js';

/** Numbers by blind index, as they are before a command. Absent ones may be missing. */
export type Numbers = ReadonlyMap<string, NumberState>;
/** What happens to which number; all of it in one append. */
export type Steps = ReadonlyMap<string, readonly NumberEvent[]>;

/** A number in the two ways in which it is known. */
export interface GivenNumber {
  readonly index: string;
  readonly ssin: string;
  readonly kind: SsinKind;
}

/**
 * One number takes the place of another. A number that nobody had becomes one more of the same person; of two known
 * persons the one with the replacing number remains, and every number that led to the other now leads to it.
 * `numbers` holds both and all that the replaced one has replaced (`chainOf`).
 */
export const replace = (numbers: Numbers, replacedIndex: string, by: GivenNumber): Steps => {
  if (replacedIndex === by.index) throw reject('REPLACES_ITSELF', 'a number cannot replace itself');
  const replaced = known(numbers, replacedIndex);
  const replacing = numbers.get(by.index) ?? { status: 'absent' };
  const steps = new Journey(numbers);
  if (replacing.status === 'absent')
    steps.take(by.index, { type: 'AssignNumber', personId: replaced.personId, kind: by.kind, ssin: by.ssin });
  const { personId } = replacing.status === 'absent' ? replaced : replacing;
  steps.take(replacedIndex, { type: 'ReplaceNumber', byIndex: by.index, personId });
  if (replacing.status !== 'absent') requireActive(replacing);
  steps.take(by.index, { type: 'GainReplacement', index: replacedIndex });
  for (const index of chainOf(numbers, replacedIndex)) steps.take(index, { type: 'MoveNumber', personId });
  return steps.taken;
};

/** Each number leads to its own person again. A number that exists only through the replacement is nobody's again. */
export const unreplace = (numbers: Numbers, replacedIndex: string): Steps => {
  const replaced = known(numbers, replacedIndex);
  const steps = new Journey(numbers);
  steps.take(replacedIndex, { type: 'UnreplaceNumber' });
  const { byIndex } = replaced;
  if (byIndex === undefined) return steps.taken;
  const replacing = known(numbers, byIndex);
  steps.take(byIndex, { type: 'LoseReplacement', index: replacedIndex });
  if (replacing.ownPersonId === replaced.ownPersonId) steps.take(byIndex, { type: 'ReleaseNumber' });
  for (const index of chainOf(numbers, replacedIndex))
    steps.take(index, { type: 'MoveNumber', personId: replaced.ownPersonId });
  return steps.taken;
};

/** The numbers that lead, through replacements, to this one; as far as they are in `numbers`. */
export const chainOf = (numbers: Numbers, index: string): string[] => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') return [];
  return state.replaces.flatMap((one) => [one, ...chainOf(numbers, one)]);
};

/** The numbers named by those that are there and not there themselves yet: what is to be read next. */
export const missingOf = (numbers: Numbers): string[] => {
  const named = [...numbers.values()].flatMap((state) =>
    state.status === 'absent' ? [] : [...state.replaces, ...(state.byIndex === undefined ? [] : [state.byIndex])],
  );
  return [...new Set(named)].filter((index) => !numbers.has(index));
};

const known = (numbers: Numbers, index: string): KnownNumber => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') throw unknownSsin();
  return state;
};

/** Decides for several numbers, each on top of what was decided for it before. */
class Journey {
  readonly taken = new Map<string, NumberEvent[]>();

  constructor(private readonly numbers: Numbers) {}

  take(index: string, command: Parameters<typeof number.decide>[0]): void {
    const before = this.taken.get(index) ?? [];
    const state = before.reduce(number.evolve, this.numbers.get(index) ?? number.initialState());
    const events = number.decide(command, state);
    if (events.length > 0) this.taken.set(index, [...before, ...events]);
  }
}

const reject = (reason: NumberReason, message: string) => new Rejection(reason, message);
