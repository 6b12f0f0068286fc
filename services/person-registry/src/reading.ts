import type { IsoDay } from '@crossroads/identifiers';
import type { HeldFact } from './domain/facts.js';
import { type KnownNumber, type NumberState, unknownSsin } from './domain/number.js';
import { chainOf } from './domain/replacement.js';
import { inForceOn } from './domain/timeline.js';
import { type Identification, identificationOf } from './identification.js';
import { type People, statesOf } from './people.js';

export interface FoundPerson {
  /** The number that leads to the person now: the one asked, or the one that replaces it. */
  readonly ssin: string;
  readonly replacedSsins: readonly string[];
  readonly status: KnownNumber['status'];
  readonly facts: readonly HeldFact[];
  readonly sourceRevision: bigint;
}

/** Persons as of a day, as known at an instant: straight from their streams. */
export class Reading {
  constructor(private readonly people: People) {}

  /** @throws Rejection UNKNOWN_SSIN */
  async person(ssin: string, day: IsoDay, knownAt?: Date): Promise<FoundPerson> {
    const asked = await this.people.number(ssin, knownAt);
    const numbers = statesOf(await this.people.numbersAround([asked], knownAt));
    const [index, state] = lastOf(numbers, asked.streamId);
    const { state: person } = await this.people.person(state.personId, knownAt);
    return {
      // A forgotten number is known to whoever asked by it, and to nobody else.
      ssin: state.ssin ?? ssin,
      replacedSsins: chainOf(numbers, index).flatMap((one) => ssinOf(numbers.get(one))),
      status: state.status,
      facts: inForceOn(person.facts, day),
      sourceRevision: person.sourceRevision,
    };
  }

  /** What `person.identification.v1` has on a person; nothing when the number is nobody's or the person is forgotten. */
  async identification(
    ssin: string,
    day: IsoDay,
    fieldGroups: readonly string[],
  ): Promise<{ readonly data: Identification; readonly sourceRevision: bigint } | undefined> {
    const { number, person } = await this.people.numberAndPerson(ssin);
    if (person === undefined || number.state.status === 'canceled' || person.state.forgotten) return undefined;
    const { facts, sourceRevision } = person.state;
    return { data: identificationOf(facts, day, fieldGroups), sourceRevision };
  }
}

/** The end of a chain of replacements. */
const lastOf = (numbers: ReadonlyMap<string, NumberState>, index: string): [string, KnownNumber] => {
  const state = numbers.get(index);
  if (state === undefined || state.status === 'absent') throw unknownSsin();
  return state.byIndex === undefined ? [index, state] : lastOf(numbers, state.byIndex);
};

const ssinOf = (state: NumberState | undefined): string[] =>
  state === undefined || state.status === 'absent' || state.ssin === undefined ? [] : [state.ssin];
