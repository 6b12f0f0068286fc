import { randomUUID } from 'node:crypto';
import { Commands, type RequestKey } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { GivenNumber } from '../number/number.reader.js';
import { activeNumber, Numbers } from '../number/numbers.js';
import { replace, unreplace } from '../number/replacement.rules.js';
import type { Fact } from './facts.js';
import { type NumberChange, NumberChanges } from './number-changes.js';
import { Persons, stillOwner } from './persons.js';

export interface Origin {
  readonly request: RequestKey;
  /** Enterprise number. */
  readonly reporter: string;
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
    private readonly changes: NumberChanges,
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
      return this.changes.decide(replaced, [replaced, replacing], (states) =>
        replace(states, replaced.streamId, { ...by, index: replacing.streamId }),
      );
    });
  }

  unreplace(ssin: string, { request }: Origin): Promise<bigint> {
    return this.execute(request, async () => {
      const number = await this.numbers.find(ssin);
      return this.changes.decide(number, [number], (states) => unreplace(states, number.streamId));
    });
  }

  private async execute(request: RequestKey, decide: () => Promise<NumberChange>): Promise<bigint> {
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
