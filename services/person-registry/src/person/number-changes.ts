import { Clock } from '@crossroads/configuration';
import type { StreamAppend } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { unknownSsin } from '../number/number.decider.js';
import { type NumberStream, Numbers, statesOf } from '../number/numbers.js';
import type { NumberEvents, NumberStates } from '../number/replacement.rules.js';
import { mergeEventsOf, withContested } from './merge.rules.js';
import type { MergeEvent, PersonEvent, ProposalStatedEvent } from './person.decider.js';
import { Persons, type PersonStream } from './persons.js';

export interface NumberChange {
  readonly appends: readonly StreamAppend[];
  /** Of the person to whom the number belongs after the change. */
  readonly sourceRevision: bigint;
}

/** What persons are told with a change: the events of each, by id. */
export type Statements = ReadonlyMap<string, ProposalStatedEvent>;

/** Changes of numbers, together with what they mean for persons. */
@Injectable()
export class NumberChanges {
  constructor(
    private readonly numbers: Numbers,
    private readonly persons: Persons,
    private readonly clock: Clock,
  ) {}

  /** Decides about numbers and those connected with them, and tells the persons concerned. */
  async decide(
    number: NumberStream,
    involved: readonly NumberStream[],
    decide: (states: NumberStates) => NumberEvents,
    statements: Statements = new Map(),
  ): Promise<NumberChange> {
    const streams = await this.numbers.withReplacements(involved);
    const states = statesOf(streams);
    const decided = decide(states);
    const state = this.numbers.after(number, [...(decided.get(number.streamId) ?? [])]);
    if (state.status === 'absent') throw unknownSsin();
    const merges = mergeEventsOf(states, decided, this.clock.now().toISOString());
    const named = [...merges.values()].flatMap(({ data }) => data.personIds);
    const persons = await this.persons.loadAll([
      ...new Set([state.personId, ...named, ...merges.keys(), ...statements.keys()]),
    ]);
    const appends = [
      ...[...decided].map(([index, events]) =>
        this.numbers.append(streams.get(index) ?? { streamId: index, revision: 0n }, events),
      ),
      ...this.personAppends(persons, merges, statements),
    ];
    const { sourceRevision } = knownPerson(persons, state.personId).state;
    return { appends: await Promise.all(appends), sourceRevision };
  }

  /** What persons are told when no number changes. */
  async state(statements: Statements): Promise<StreamAppend[]> {
    const persons = await this.persons.loadAll([...statements.keys()]);
    return Promise.all(this.personAppends(persons, new Map(), statements));
  }

  /** Notes that the merges of these persons are contested. */
  async contest(personIds: readonly string[], statements: Statements): Promise<StreamAppend[]> {
    const persons = await this.persons.loadAll([...new Set([...personIds, ...statements.keys()])]);
    const at = this.clock.now().toISOString();
    const merges = new Map<string, MergeEvent>();
    for (const personId of personIds) {
      const { mergedInto: survivor } = knownPerson(persons, personId).state;
      if (survivor === undefined) continue;
      const data = { personIds: [personId], survivor, at, contested: [personId] };
      merges.set(personId, { type: 'MergeContested', data });
    }
    return Promise.all(this.personAppends(persons, merges, statements));
  }

  private personAppends(
    persons: ReadonlyMap<string, PersonStream>,
    merges: ReadonlyMap<string, MergeEvent>,
    statements: Statements,
  ): Promise<StreamAppend>[] {
    const isContested = (id: string) => knownPerson(persons, id).state.contested === true;
    const ids = new Set([...merges.keys(), ...statements.keys()]);
    return [...ids].map((personId) => {
      const person = knownPerson(persons, personId);
      const [merge, statement] = [merges.get(personId), statements.get(personId)];
      const events: PersonEvent[] = [];
      if (merge) events.push(merge.type === 'MergeContested' ? merge : withContested(merge, isContested));
      // Nobody is told about a person who was erased.
      if (statement && !person.state.forgotten) events.push(statement);
      return this.persons.append(person, events);
    });
  }
}

const knownPerson = (persons: ReadonlyMap<string, PersonStream>, personId: string): PersonStream => {
  const person = persons.get(personId);
  if (person === undefined) throw new TypeError('a person was not read');
  return person;
};
