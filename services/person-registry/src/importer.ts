import { randomUUID } from 'node:crypto';
import {
  Commands,
  type Decision,
  type PostgresEventStore,
  Rejection,
  type StreamAppend,
} from '@crossroads/eventsourcing';
import type { SubjectKeys } from '@crossroads/privacy';
import type { Fact } from './domain/facts.js';
import { type NumberState, number } from './domain/number.js';
import { type PersonState, person } from './domain/person.js';
import { type Loaded, NUMBER, PERSON, type People } from './people.js';
import { active, type GivenSsin, type Registry } from './registry.js';

export interface ImportRecord {
  readonly number: GivenSsin;
  readonly facts: readonly Fact[];
}

export type Imported = 'registered' | 'changed' | 'unchanged' | Rejection;

/** Many records in one append: who is unknown is registered, who is known gets what is new of the facts. */
export class Importer {
  private readonly commands: Commands;

  constructor(
    store: Pick<PostgresEventStore, 'append' | 'answerTo'>,
    private readonly people: People,
    private readonly registry: Pick<Registry, 'appendTo'>,
    private readonly keys: SubjectKeys,
  ) {
    this.commands = new Commands(store);
  }

  /** What became of each record, in the order given. A number that comes twice is taken in the order in which it comes. */
  async import(records: readonly ImportRecord[], reporter: string): Promise<Imported[]> {
    const outcomes = new Map<ImportRecord, Imported>();
    let rest = records;
    while (rest.length > 0) {
      const first = new Map<string, ImportRecord>();
      for (const record of rest) if (!first.has(record.number.ssin)) first.set(record.number.ssin, record);
      const now = [...first.values()];
      const came = await this.importDistinct(now, reporter);
      now.forEach((record, index) => void outcomes.set(record, came[index] ?? 'unchanged'));
      rest = rest.filter((record) => !outcomes.has(record));
    }
    return records.map((record) => outcomes.get(record) ?? 'unchanged');
  }

  private importDistinct(records: readonly ImportRecord[], reporter: string): Promise<Imported[]> {
    return this.commands.execute({ decide: () => this.once(records, reporter) });
  }

  private async once(records: readonly ImportRecord[], reporter: string): Promise<Decision<Imported[]>> {
    const numbers = await this.people.numbers(records.map(({ number: { ssin } }) => ssin));
    const known = numbers.flatMap(({ state }) => (state.status === 'active' ? [state.personId] : []));
    const persons = await this.people.persons([...new Set(known)]);
    const decisions = records.map((record, index) => decisionOf(record, numbers[index], persons, reporter));

    const fresh = decisions.flatMap((decision) => ('assigned' in decision ? [decision.personId] : []));
    if (fresh.length > 0) await this.keys.keysOf(fresh, { create: true });
    const appends = (await Promise.all(decisions.map((decision) => this.appendsOf(decision)))).flat();
    const answer = decisions.map((decision) =>
      'outcome' in decision ? decision.outcome : 'assigned' in decision ? 'registered' : 'changed',
    );
    return { appends, answer };
  }

  private async appendsOf(decision: Decided): Promise<StreamAppend[]> {
    if ('outcome' in decision) return [];
    const { numberCodec, personCodec } = this.people;
    const said = await this.registry.appendTo(PERSON, decision.person, decision.said, personCodec);
    if (!('assigned' in decision)) return [said];
    return [await this.registry.appendTo(NUMBER, decision.number, decision.assigned, numberCodec), said];
  }
}

type Stream = Pick<Loaded<unknown>, 'streamId' | 'revision'>;
type Said = ReturnType<typeof person.decide>;

type Decided =
  | { readonly outcome: Imported }
  | { readonly person: Stream; readonly said: Said }
  | {
      readonly person: Stream;
      readonly said: Said;
      readonly personId: string;
      readonly number: Stream;
      readonly assigned: ReturnType<typeof number.decide>;
    };

const decisionOf = (
  { number: { ssin, kind }, facts }: ImportRecord,
  found: Loaded<NumberState> | undefined,
  persons: ReadonlyMap<string, Loaded<PersonState>>,
  reporter: string,
): Decided => {
  if (!found) throw new TypeError('a record has lost its number');
  try {
    if (found.state.status === 'absent') {
      const personId = randomUUID();
      const said = person.decide({ type: 'RegisterPerson', ssin, facts, reporter }, person.initialState());
      const assigned = number.decide({ type: 'AssignNumber', personId, kind, ssin }, found.state);
      return { person: { streamId: personId, revision: 0n }, said, personId, number: found, assigned };
    }
    const { personId } = active(found);
    const held = persons.get(personId) ?? { streamId: personId, state: person.initialState(), revision: 0n };
    const said = person.decide({ type: 'ChangePerson', ssin, facts, reporter }, held.state);
    return said.length === 0 ? { outcome: 'unchanged' } : { person: held, said };
  } catch (error) {
    if (error instanceof Rejection) return { outcome: error };
    throw error;
  }
};
