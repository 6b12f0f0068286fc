import { type Decider, type DomainEvent, Rejection } from '@crossroads/eventsourcing/decider';
import { certainlyBefore, type Fact, type FieldGroup, type HeldFact } from './facts.js';
import { changes, sameFacts, withFact } from './timeline.js';

export type PersonReason =
  | 'NAME_REQUIRED'
  | 'DEATH_BEFORE_BIRTH'
  | 'PERSON_FORGOTTEN'
  | 'SOURCE_REVISION_CHANGED'
  | 'TOO_MANY_FACTS';

/** `ssin` is the number under which it was said; `reporter` an enterprise number. */
interface Said {
  readonly ssin: string;
  readonly facts: readonly Fact[];
  readonly reporter: string;
}

export type PersonCommand =
  | ({ readonly type: 'RegisterPerson' } & Said)
  | ({ readonly type: 'ChangePerson'; readonly expectedSourceRevision?: bigint } & Said);

/** `recordedAt` (an ISO instant) is there once it is stored. */
type PersonRegistered = DomainEvent<'PersonRegistered', Said & { readonly recordedAt?: string }>;
type PersonChanged = DomainEvent<'PersonChanged', Said & { readonly recordedAt?: string }>;
/** Not stored: how any event of a person reads whose key was destroyed. */
type PersonForgotten = DomainEvent<'PersonForgotten', Record<string, never>>;
export type PersonEvent = PersonRegistered | PersonChanged | PersonForgotten;

export interface PersonState {
  readonly forgotten: boolean;
  readonly facts: readonly HeldFact[];
  /** Counts what was said: dense per person, and equal to the stream's revision. */
  readonly sourceRevision: bigint;
}

/** So that a state stays small enough to be read whole. */
const MAX_FACTS = 1_000;

/** What is known of a person, whichever number leads to it. */
export const person: Decider<PersonState, PersonCommand, PersonEvent> = {
  initialState: () => ({ forgotten: false, facts: [], sourceRevision: 0n }),

  decide(command, state) {
    const { ssin, reporter } = command;
    switch (command.type) {
      case 'RegisterPerson': {
        if (!command.facts.some(({ group }) => group === 'name'))
          throw reject('NAME_REQUIRED', 'a person is registered with a name; add a name to the facts');
        const { held, facts } = apply(state.facts, command.facts);
        checkWhole(held);
        return [{ type: 'PersonRegistered', data: { ssin, facts, reporter } }];
      }
      case 'ChangePerson': {
        if (state.forgotten) throw reject('PERSON_FORGOTTEN', 'the data of this person were erased');
        checkRevision(command.expectedSourceRevision, state.sourceRevision);
        const { held, facts } = apply(state.facts, command.facts);
        if (facts.length === 0) return [];
        checkWhole(held);
        return [{ type: 'PersonChanged', data: { ssin, facts, reporter } }];
      }
    }
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'PersonForgotten':
        return { forgotten: true, facts: [], sourceRevision: state.sourceRevision + 1n };
      case 'PersonRegistered':
      case 'PersonChanged': {
        const recordedAt = data.recordedAt;
        const facts = data.facts.reduce<readonly HeldFact[]>(
          (held, fact) => withFact(held, { ...fact, recordedAt }),
          state.facts,
        );
        return { ...state, facts, sourceRevision: state.sourceRevision + 1n };
      }
    }
  },
};

/** The field groups that an event says something of. */
export const groupsOf = (facts: readonly Fact[]): FieldGroup[] => [...new Set(facts.map(({ group }) => group))];

/** What is held after the facts, and those of them that changed something. */
const apply = (before: readonly HeldFact[], said: readonly Fact[]) => {
  let held = before;
  const facts: Fact[] = [];
  for (const fact of said) {
    if (!changes(held, fact)) continue;
    held = withFact(held, fact);
    facts.push(fact);
  }
  // Facts that contradict each other may change something one by one, and nothing together.
  return sameFacts(before, held) ? { held: before, facts: [] } : { held, facts };
};

const checkRevision = (expected: bigint | undefined, current: bigint): void => {
  if (expected === undefined || expected === current) return;
  const message = 'the person was changed since; read again and decide again';
  throw reject('SOURCE_REVISION_CHANGED', message, { sourceRevision: String(current) });
};

const checkWhole = (held: readonly HeldFact[]): void => {
  if (held.length > MAX_FACTS)
    throw reject('TOO_MANY_FACTS', 'a person has at most 1000 facts', { most: String(MAX_FACTS) });
  const birth = held.find((fact) => fact.group === 'birth');
  const death = held.find((fact) => fact.group === 'death');
  if (birth?.group === 'birth' && death?.group === 'death' && certainlyBefore(death.value.date, birth.value.date))
    throw reject('DEATH_BEFORE_BIRTH', 'a person dies on or after the day of birth; check both dates');
};

const reject = (reason: PersonReason, message: string, metadata?: Record<string, string>) =>
  new Rejection(reason, message, metadata);
