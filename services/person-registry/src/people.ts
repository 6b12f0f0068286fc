import type { EventCodec, EventStore, Recorded } from '@crossroads/eventsourcing';
import type { Decider, DomainEvent } from '@crossroads/eventsourcing/decider';
import type { BlindIndex, SubjectSealer } from '@crossroads/privacy';
import { type NumberState, number } from './domain/number.js';
import { type PersonState, person } from './domain/person.js';
import { missingOf } from './domain/replacement.js';
import { NumberCodec } from './number-codec.js';
import { PersonCodec } from './person-codec.js';

export const NUMBER = 'number';
export const PERSON = 'person';

const OWNERS_REMEMBERED = 50_000;

/** A stream as it was read, and at which revision. */
export interface Loaded<State> {
  readonly streamId: string;
  readonly state: State;
  readonly revision: bigint;
}

/** Finds numbers and persons in the event store, opened. */
export class People {
  readonly numberCodec: NumberCodec;
  readonly personCodec: PersonCodec;
  /** By blind index: whom to read together with a number. A guess, held against the number each time. */
  private readonly ownerOf = new Map<string, string>();

  constructor(
    private readonly store: Pick<EventStore, 'readStreams'>,
    private readonly index: BlindIndex,
    sealer: SubjectSealer,
  ) {
    this.numberCodec = new NumberCodec(sealer);
    this.personCodec = new PersonCodec(sealer);
  }

  /** The number of an SSIN, as it is or as it was known at an instant. */
  async number(ssin: string, knownAt?: Date): Promise<Loaded<NumberState>> {
    const [found] = await this.numbers([ssin], knownAt);
    if (!found) throw new TypeError('asked for one number, and got none');
    return found;
  }

  /** The same for many in one round trip, in the order given. Kept under an older key they are found as well. */
  async numbers(ssins: readonly string[], knownAt?: Date): Promise<Loaded<NumberState>[]> {
    const candidates = ssins.map((ssin) => this.index.indexesOf(ssin));
    const streams = await this.store.readStreams(candidates.flat());
    return Promise.all(
      candidates.map((indexes) => {
        const held = indexes.find((index) => (streams.get(index) ?? []).length > 0) ?? indexes[0] ?? '';
        return fold(held, streams.get(held) ?? [], number, this.numberCodec, knownAt);
      }),
    );
  }

  /** These numbers and all that they replace or are replaced by, however far. */
  async numbersAround(
    start: readonly Loaded<NumberState>[],
    knownAt?: Date,
  ): Promise<Map<string, Loaded<NumberState>>> {
    const found = new Map(start.map((one) => [one.streamId, one]));
    for (;;) {
      const missing = missingOf(statesOf(found));
      if (missing.length === 0) return found;
      for (const [streamId, events] of await this.store.readStreams(missing))
        found.set(streamId, await fold(streamId, events, number, this.numberCodec, knownAt));
    }
  }

  async person(personId: string, knownAt?: Date): Promise<Loaded<PersonState>> {
    const streams = await this.store.readStreams([personId]);
    return this.foldPerson(personId, streams.get(personId) ?? [], knownAt);
  }

  /**
   * A number and whose it is: in one round trip when the number belongs to whom it belonged when it was last asked about,
   * which is read anew each time, and in two when not.
   */
  async numberAndPerson(
    ssin: string,
  ): Promise<{ readonly number: Loaded<NumberState>; readonly person: Loaded<PersonState> | undefined }> {
    const indexes = this.index.indexesOf(ssin);
    const expected = this.ownerOf.get(indexes[0] ?? '');
    const streams = await this.store.readStreams(expected === undefined ? indexes : [...indexes, expected]);
    const held = indexes.find((index) => (streams.get(index) ?? []).length > 0) ?? indexes[0] ?? '';
    const found = await fold(held, streams.get(held) ?? [], number, this.numberCodec);
    if (found.state.status === 'absent') return { number: found, person: undefined };
    const { personId } = found.state;
    if (personId === expected)
      return { number: found, person: await this.foldPerson(personId, streams.get(personId) ?? []) };
    this.remember(indexes[0] ?? '', personId);
    return { number: found, person: await this.person(personId) };
  }

  private remember(index: string, personId: string): void {
    this.ownerOf.set(index, personId);
    if (this.ownerOf.size <= OWNERS_REMEMBERED) return;
    const [oldest] = this.ownerOf.keys();
    if (oldest !== undefined) this.ownerOf.delete(oldest);
  }

  async persons(personIds: readonly string[]): Promise<Map<string, Loaded<PersonState>>> {
    const streams = await this.store.readStreams(personIds);
    const folded = [...streams].map(async ([id, events]) => [id, await this.foldPerson(id, events)] as const);
    return new Map(await Promise.all(folded));
  }

  foldPerson(personId: string, events: readonly Recorded[], knownAt?: Date): Promise<Loaded<PersonState>> {
    return fold(personId, events, person, this.personCodec, knownAt);
  }
}

export const statesOf = (numbers: ReadonlyMap<string, Loaded<NumberState>>): Map<string, NumberState> =>
  new Map([...numbers].map(([index, { state }]) => [index, state]));

const fold = async <State, Command, Event extends DomainEvent>(
  streamId: string,
  recorded: readonly Recorded[],
  decider: Decider<State, Command, Event>,
  codec: EventCodec<Event>,
  knownAt?: Date,
): Promise<Loaded<State>> => {
  // What was known at an instant is what was recorded until then: a prefix, since a stream is recorded in its order.
  const known = knownAt === undefined ? recorded : recorded.filter(({ recordedAt }) => recordedAt <= knownAt);
  const events = await Promise.all(known.map((event) => codec.fromStored(event)));
  const state = events.reduce((before: State, event) => decider.evolve(before, event), decider.initialState());
  return { streamId, state, revision: recorded.at(-1)?.revision ?? 0n };
};
