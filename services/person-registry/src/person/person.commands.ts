import { randomUUID } from 'node:crypto';
import { Commands, type RequestKey, type StreamAppend } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { unknownSsin } from '../number/number.decider.js';
import type { GivenNumber } from '../number/number.reader.js';
import { activeNumber, type NumberStream, Numbers, statesOf } from '../number/numbers.js';
import { type NumberEvents, type NumberStates, replace, unreplace } from '../number/replacement.rules.js';
import type { Fact } from './facts.js';
import { mergeEventsOf } from './merge.rules.js';
import { Persons, type PersonStream, stillOwner } from './persons.js';

export interface Origin {
  readonly request: RequestKey;
  /** Enterprise number. */
  readonly reporter: string;
}

interface PersonDecision {
  readonly appends: readonly StreamAppend[];
  readonly sourceRevision: bigint;
}

/** What every command answers, also when its request is repeated. */
const answerCodec = z.object({
  sourceRevision: z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String }),
});

/** The writes of the registry. Events of numbers and persons are appended together. Each command answers the `source_revision`. */
@Injectable()
export class PersonCommands {
  constructor(
    private readonly commands: Commands,
    private readonly numbers: Numbers,
    private readonly persons: Persons,
  ) {}

  register({ ssin, kind }: GivenNumber, facts: readonly Fact[], { request, reporter }: Origin): Promise<bigint> {
    return this.execute(request, async () => {
      const personId = randomUUID();
      const number = await this.numbers.find(ssin);
      const person = await this.persons.fold(personId, []);
      const assigned = this.numbers.decide({ type: 'AssignNumber', personId, kind, ssin }, number);
      const registered = this.persons.decide({ type: 'RegisterPerson', ssin, facts, reporter }, person);
      const appends = await Promise.all([
        this.numbers.append(number, assigned),
        this.persons.append(person, registered),
      ]);
      return { appends, sourceRevision: this.persons.after(person, registered).sourceRevision };
    });
  }

  change(
    ssin: string,
    facts: readonly Fact[],
    { request, reporter }: Origin,
    expectedSourceRevision?: bigint,
  ): Promise<bigint> {
    return this.execute(request, async () => {
      const { personId } = activeNumber(await this.numbers.find(ssin));
      const person = stillOwner(await this.persons.load(personId));
      const expected = expectedSourceRevision === undefined ? {} : { expectedSourceRevision };
      const events = this.persons.decide({ type: 'ChangePerson', ssin, facts, reporter, ...expected }, person);
      return {
        appends: [await this.persons.append(person, events)],
        sourceRevision: person.state.sourceRevision + BigInt(events.length),
      };
    });
  }

  replace(ssin: string, by: GivenNumber, { request }: Origin): Promise<bigint> {
    return this.execute(request, async () => {
      const [replaced, replacing] = await Promise.all([this.numbers.find(ssin), this.numbers.find(by.ssin)]);
      return this.decideNumbers(replaced, [replaced, replacing], (states) =>
        replace(states, replaced.streamId, { ...by, index: replacing.streamId }),
      );
    });
  }

  unreplace(ssin: string, { request }: Origin): Promise<bigint> {
    return this.execute(request, async () => {
      const number = await this.numbers.find(ssin);
      return this.decideNumbers(number, [number], (states) => unreplace(states, number.streamId));
    });
  }

  cancel(ssin: string, { request }: Origin): Promise<bigint> {
    return this.execute(request, async () => {
      const number = await this.numbers.find(ssin);
      const events = this.numbers.decide({ type: 'CancelNumber' }, number);
      return this.decideNumbers(number, [number], () => new Map([[number.streamId, events]]));
    });
  }

  /** Decides about numbers and those connected with them, and tells the persons concerned; the answer is the revision of the person to whom `number` belongs then. */
  private async decideNumbers(
    number: NumberStream,
    involved: readonly NumberStream[],
    decide: (states: NumberStates) => NumberEvents,
  ): Promise<PersonDecision> {
    const streams = await this.numbers.withReplacements(involved);
    const states = statesOf(streams);
    const decided = decide(states);
    const state = this.numbers.after(number, [...(decided.get(number.streamId) ?? [])]);
    if (state.status === 'absent') throw unknownSsin();
    const merges = mergeEventsOf(states, decided);
    const persons = await this.persons.loadAll([...new Set([state.personId, ...merges.keys()])]);
    const appends = [
      ...[...decided].map(([index, events]) =>
        this.numbers.append(streams.get(index) ?? { streamId: index, revision: 0n }, events),
      ),
      ...[...merges].map(([personId, event]) => this.persons.append(knownPerson(persons, personId), [event])),
    ];
    const { sourceRevision } = knownPerson(persons, state.personId).state;
    return { appends: await Promise.all(appends), sourceRevision };
  }

  private async execute(request: RequestKey, decide: () => Promise<PersonDecision>): Promise<bigint> {
    const { sourceRevision } = await this.commands.execute({
      request,
      answerCodec,
      decide: async () => {
        const { appends, sourceRevision } = await decide();
        return { appends, answer: { sourceRevision } };
      },
    });
    return sourceRevision;
  }
}

const knownPerson = (persons: ReadonlyMap<string, PersonStream>, personId: string): PersonStream => {
  const person = persons.get(personId);
  if (person === undefined) throw new TypeError('a person was not read');
  return person;
};
