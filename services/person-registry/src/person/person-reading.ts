import type { IsoDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import { type KnownNumber, type NumberState, unknownSsin } from '../number/number.decider.js';
import { Numbers, statesOf } from '../number/numbers.js';
import { chainOf, type NumberStates } from '../number/replacement.rules.js';
import type { HeldFact } from './facts.js';
import { Persons } from './persons.js';
import { inForceOn } from './timeline.rules.js';

export interface FoundPerson {
  readonly personId: string;
  /** The number that was asked for, or the one that replaces it. */
  readonly ssin: string;
  readonly replacedSsins: readonly string[];
  readonly status: KnownNumber['status'];
  readonly facts: readonly HeldFact[];
  readonly sourceRevision: bigint;
}

/** Reads persons as of a day, as known at an instant. */
@Injectable()
export class PersonReading {
  constructor(
    private readonly numbers: Numbers,
    private readonly persons: Persons,
  ) {}

  /** @throws Rejection UNKNOWN_SSIN */
  async find(ssin: string, day: IsoDay, knownAt?: Date): Promise<FoundPerson> {
    const asked = await this.numbers.find(ssin, knownAt);
    const numbers = statesOf(await this.numbers.withReplacements([asked], knownAt));
    const [index, number] = lastOf(numbers, asked.streamId);
    const { state: person } = await (knownAt === undefined
      ? this.persons.load(number.personId)
      : this.persons.loadAsKnownAt(number.personId, knownAt));
    return {
      personId: number.personId,
      // The number of a forgotten person can no longer be opened; the caller knows it already.
      ssin: number.ssin ?? ssin,
      replacedSsins: chainOf(numbers, index).flatMap((one) => ssinOf(numbers.get(one))),
      status: number.status,
      facts: inForceOn(person.facts, day),
      sourceRevision: person.sourceRevision,
    };
  }
}

/** The end of a chain of replacements. */
const lastOf = (numbers: NumberStates, index: string): [string, KnownNumber] => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') throw unknownSsin();
  return state.byIndex === undefined ? [index, state] : lastOf(numbers, state.byIndex);
};

const ssinOf = (state: NumberState | undefined): string[] =>
  state === undefined || state.status === 'absent' || state.ssin === undefined ? [] : [state.ssin];
