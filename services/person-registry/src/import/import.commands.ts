import { randomUUID } from 'node:crypto';
import {
  Commands,
  type CommandDecision,
  isRejection,
  type Rejection,
  type StreamAppend,
} from '@crossroads/eventsourcing';
import { PostgresSubjectKeys } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { NumberEvent } from '../number/number.decider.js';
import type { GivenNumber } from '../number/number.reader.js';
import { activeNumber, type NumberStream, Numbers } from '../number/numbers.js';
import type { Fact } from '../person/facts.js';
import type { PersonEvent } from '../person/person.decider.js';
import { Persons, type PersonStream, stillOwner } from '../person/persons.js';

export interface ImportRecord {
  readonly number: GivenNumber;
  readonly facts: readonly Fact[];
}

export type ImportOutcome = 'registered' | 'changed' | 'unchanged' | Rejection;

/** The decision about one record. */
interface Decided {
  readonly outcome: ImportOutcome;
  readonly person?: { readonly stream: PersonStream; readonly events: readonly PersonEvent[] };
  readonly number?: { readonly stream: NumberStream; readonly events: readonly NumberEvent[] };
}

/** Writes many records with one append: unknown persons are registered, known ones changed by what is new of the facts. */
@Injectable()
export class ImportCommands {
  constructor(
    private readonly commands: Commands,
    private readonly numbers: Numbers,
    private readonly persons: Persons,
    private readonly keys: PostgresSubjectKeys,
  ) {}

  /** The outcome of each record, in the order given. Records with the same number are written one after the other. */
  async import(records: readonly ImportRecord[], reporter: string): Promise<ImportOutcome[]> {
    const outcomes = new Map<ImportRecord, ImportOutcome>();
    for (let rest = records; rest.length > 0; ) {
      const first = new Map<string, ImportRecord>();
      for (const record of rest) if (!first.has(record.number.ssin)) first.set(record.number.ssin, record);
      const distinct = [...first.values()];
      const written = await this.commands.execute({ decide: () => this.decideAll(distinct, reporter) });
      distinct.forEach((record, index) => void outcomes.set(record, written[index] ?? 'unchanged'));
      rest = rest.filter((record) => !outcomes.has(record));
    }
    return records.map((record) => outcomes.get(record) ?? 'unchanged');
  }

  private async decideAll(
    records: readonly ImportRecord[],
    reporter: string,
  ): Promise<CommandDecision<ImportOutcome[]>> {
    const numbers = await this.numbers.findAll(records.map(({ number: { ssin } }) => ssin));
    const known = numbers.flatMap(({ state }) => (state.status === 'active' ? [state.personId] : []));
    const persons = await this.persons.loadAll([...new Set(known)]);
    const decided = await Promise.all(
      records.map((record, index) => this.decide(record, numbers[index], persons, reporter)),
    );
    // One insert for the keys of all new persons, instead of one for each when its facts are sealed.
    const fresh = decided.flatMap(({ number, person }) => (number && person ? [person.stream.streamId] : []));
    if (fresh.length > 0) await this.keys.keysOf(fresh, { create: true });
    const appends = await Promise.all(decided.map((one) => this.appendsOf(one)));
    return { appends: appends.flat(), answer: decided.map(({ outcome }) => outcome) };
  }

  private async decide(
    { number: { ssin, kind }, facts }: ImportRecord,
    number: NumberStream | undefined,
    persons: ReadonlyMap<string, PersonStream>,
    reporter: string,
  ): Promise<Decided> {
    if (!number) throw new TypeError('the number of a record was not read');
    try {
      if (number.state.status === 'absent') {
        const personId = randomUUID();
        const person = await this.persons.fold(personId, []);
        const registered = this.persons.decide({ type: 'RegisterPerson', ssin, facts, reporter }, person);
        const assigned = this.numbers.decide({ type: 'AssignNumber', personId, kind, ssin }, number);
        return {
          outcome: 'registered',
          person: { stream: person, events: registered },
          number: { stream: number, events: assigned },
        };
      }
      const { personId } = activeNumber(number);
      const person = stillOwner(persons.get(personId) ?? (await this.persons.fold(personId, [])));
      const events = this.persons.decide({ type: 'ChangePerson', ssin, facts, reporter }, person);
      return events.length === 0
        ? { outcome: 'unchanged' }
        : { outcome: 'changed', person: { stream: person, events } };
    } catch (error) {
      if (isRejection(error)) return { outcome: error };
      throw error;
    }
  }

  private appendsOf({ number, person }: Decided): Promise<StreamAppend[]> {
    return Promise.all([
      ...(number ? [this.numbers.append(number.stream, number.events)] : []),
      ...(person ? [this.persons.append(person.stream, person.events)] : []),
    ]);
  }
}
