import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventCodec,
  type EventStore,
  type Json,
  type NewEvent,
  Rejection,
  type RequestKey,
  type StreamAppend,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
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

const ATTEMPTS = 5;
const JITTER_MS = 20;

/** The writes of the registry: read, decide, append numbers and persons together. Each answers a `source_revision`. */
export class Registry {
  constructor(
    private readonly store: EventStore,
    private readonly people: People,
  ) {}

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

  /** Again from the start on a lost race; the second answer to a request is the first. */
  private async write(
    request: RequestKey,
    decide: () => Promise<{ readonly appends: readonly StreamAppend[]; readonly sourceRevision: bigint }>,
  ): Promise<bigint> {
    for (let attempt = 1; ; attempt++) {
      const kept = await this.store.answerTo(request);
      if (kept) return revisionOf(kept.answer);
      try {
        const { appends, sourceRevision } = await decide();
        await this.store.append(
          appends.filter(({ events }) => events.length > 0),
          { request, answer: { sourceRevision: String(sourceRevision) } },
        );
        return sourceRevision;
      } catch (error) {
        // The same request may have been carried out in between; then the rule refuses what it has itself done.
        const done = error instanceof Rejection ? await this.store.answerTo(request) : undefined;
        if (done) return revisionOf(done.answer);
        if (!(error instanceof WrongExpectedRevision) || attempt === ATTEMPTS) throw error;
        await delay(Math.random() * JITTER_MS * attempt);
      }
    }
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

const revisionOf = (answer: Json): bigint => {
  const kept =
    typeof answer === 'object' && answer !== null && 'sourceRevision' in answer ? answer.sourceRevision : undefined;
  if (typeof kept !== 'string') throw new TypeError('the kept answer of a request has no source revision');
  return BigInt(kept);
};
