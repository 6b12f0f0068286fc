import { randomUUID } from 'node:crypto';
import {
  Commands,
  type EventCodec,
  type EventStore,
  type NewEvent,
  type RequestKey,
  type StreamAppend,
} from '@crossroads/eventsourcing';
import { z } from 'zod';
import type { DomainEvent } from '@crossroads/eventsourcing/decider';
import type { Fact } from './domain/facts.js';
import { type NumberEvent, type NumberState, number, requireActive, unknownSsin } from './domain/number.js';
import { person } from './domain/person.js';
import { type GivenNumber, replace, type Steps, unreplace } from './domain/replacement.js';
import { type Loaded, NUMBER, PERSON, type People, statesOf } from './people.js';

/** An SSIN that passed every rule; its index is found here. */
export type GivenSsin = Omit<GivenNumber, 'index'>;

export interface Writing {
  readonly request: RequestKey;
  /** Enterprise number. */
  readonly reporter: string;
}

/** What every write answers, now and at each repetition. */
const kept = z.object({
  sourceRevision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
});

/** The writes of the registry: read, decide, append numbers and persons together. Each answers a `source_revision`. */
export class Registry {
  private readonly commands: Commands;

  constructor(
    store: EventStore,
    private readonly people: People,
  ) {
    this.commands = new Commands(store);
  }

  register({ ssin, kind }: GivenSsin, facts: readonly Fact[], { request, reporter }: Writing): Promise<bigint> {
    return this.write(request, async () => {
      const found = await this.people.number(ssin);
      const personId = randomUUID();
      const assigned = number.decide({ type: 'AssignNumber', personId, kind, ssin }, found.state);
      const registered = person.decide({ type: 'RegisterPerson', ssin, facts, reporter }, person.initialState());
      const appends = await Promise.all([
        this.appendTo(NUMBER, found, assigned, this.people.numberCodec),
        this.appendTo(PERSON, { streamId: personId, revision: 0n }, registered, this.people.personCodec),
      ]);
      return { appends, sourceRevision: 1n };
    });
  }

  change(
    ssin: string,
    facts: readonly Fact[],
    { request, reporter }: Writing,
    expectedSourceRevision?: bigint,
  ): Promise<bigint> {
    return this.write(request, async () => {
      const { personId } = active(await this.people.number(ssin));
      const known = await this.people.person(personId);
      const expected = expectedSourceRevision === undefined ? {} : { expectedSourceRevision };
      const events = person.decide({ type: 'ChangePerson', ssin, facts, reporter, ...expected }, known.state);
      const append = await this.appendTo(PERSON, known, events, this.people.personCodec);
      return { appends: [append], sourceRevision: known.state.sourceRevision + BigInt(events.length) };
    });
  }

  replace(ssin: string, by: GivenSsin, { request }: Writing): Promise<bigint> {
    return this.writeNumbers(request, [ssin, by.ssin], ([replaced, replacing], numbers) =>
      replace(numbers, replaced, { ...by, index: replacing }),
    );
  }

  unreplace(ssin: string, { request }: Writing): Promise<bigint> {
    return this.writeNumbers(request, [ssin], ([replaced], numbers) => unreplace(numbers, replaced));
  }

  cancel(ssin: string, { request }: Writing): Promise<bigint> {
    return this.writeNumbers(request, [ssin], ([index], numbers) => {
      const state = numbers.get(index) ?? number.initialState();
      return new Map([[index, number.decide({ type: 'CancelNumber' }, state)]]);
    });
  }

  /** Events with their ids, sealed: what one stream gets. */
  async appendTo<Event extends DomainEvent>(
    streamType: string,
    { streamId, revision }: Pick<Loaded<unknown>, 'streamId' | 'revision'>,
    events: readonly Event[],
    codec: EventCodec<Event>,
  ): Promise<StreamAppend> {
    const stored = events.map(async (event): Promise<NewEvent> => {
      const id = randomUUID();
      return { id, type: event.type, ...(await codec.toStored(event, { streamId, eventId: id })) };
    });
    return { streamId, streamType, expectedRevision: revision, events: await Promise.all(stored) };
  }

  private writeNumbers(
    request: RequestKey,
    ssins: readonly [string, ...string[]],
    decide: (indexes: readonly [string, string], numbers: Map<string, NumberState>) => Steps,
  ): Promise<bigint> {
    return this.write(request, async () => {
      const found = await this.people.numbers(ssins);
      const around = await this.people.numbersAround(found);
      const [first, second = first] = found;
      if (!first || !second) throw new TypeError('asked for numbers, and got none');
      const steps = decide([first.streamId, second.streamId], statesOf(around));
      const appends = await Promise.all(
        [...steps].map(([index, events]) =>
          this.appendTo(
            NUMBER,
            around.get(index) ?? { streamId: index, revision: 0n },
            events,
            this.people.numberCodec,
          ),
        ),
      );
      const { personId } = after(first.state, steps.get(first.streamId) ?? []);
      const { state } = await this.people.person(personId);
      return { appends, sourceRevision: state.sourceRevision };
    });
  }

  private async write(
    request: RequestKey,
    decide: () => Promise<{ readonly appends: readonly StreamAppend[]; readonly sourceRevision: bigint }>,
  ): Promise<bigint> {
    const { sourceRevision } = await this.commands.execute({
      request,
      answerCodec: kept,
      decide: async () => {
        const { appends, sourceRevision } = await decide();
        return { appends, answer: { sourceRevision } };
      },
    });
    return sourceRevision;
  }
}

/** @throws Rejection unless the number stands for somebody today. */
export const active = ({ state }: Loaded<NumberState>) => {
  if (state.status === 'absent') throw unknownSsin();
  return requireActive(state);
};

/** A number after what was decided of it. */
const after = (before: NumberState, events: readonly NumberEvent[]) => {
  const state = events.reduce((state: NumberState, event) => number.evolve(state, event), before);
  if (state.status === 'absent') throw unknownSsin();
  return state;
};
