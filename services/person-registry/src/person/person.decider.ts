import { type Decider, type DomainEvent, Rejection, type UpcastersOf } from '@crossroads/eventsourcing/decider';
import type { IncompleteDate } from '@crossroads/identifiers';
import type { Cardinalities, Fact, HeldFact } from './facts.js';
import { changes, sameFacts, withFact } from './timeline.rules.js';

export type PersonReason =
  | 'NAME_REQUIRED'
  | 'DEATH_BEFORE_BIRTH'
  | 'PERSON_FORGOTTEN'
  | 'SOURCE_REVISION_CHANGED'
  | 'TOO_MANY_FACTS';

interface Report {
  /** The number under which the facts were reported. */
  readonly ssin: string;
  readonly facts: readonly Fact[];
  /** An enterprise number. */
  readonly reporter: string;
}

export type PersonCommand =
  | ({ readonly type: 'RegisterPerson' } & Report)
  | ({ readonly type: 'ChangePerson'; readonly expectedSourceRevision?: bigint } & Report)
  | {
      readonly type: 'ReassertPerson';
      /** The number that the person has now. */
      readonly ssin: string;
      /** The highest `source_revision` that a consumer has seen: of a report that was lost since. */
      readonly seen: bigint;
    };

/** `recordedAt` (ISO 8601) is absent before the event is stored. */
type PersonRegistered = DomainEvent<'PersonRegistered', Report & { readonly recordedAt?: string }>;
type PersonChanged = DomainEvent<'PersonChanged', Report & { readonly recordedAt?: string }>;
/**
 * States the person again as the registry knows it, after it has lost reports that consumers have seen: its `source_revision` (decimal)
 * is above all of theirs.
 */
type PersonReasserted = DomainEvent<'PersonReasserted', { readonly ssin: string; readonly sourceRevision: string }>;
/** The last event of a person. All services destroy their keys of the person. */
type PersonErasureOrdered = DomainEvent<
  'PersonErasureOrdered',
  { readonly erasureId: string; readonly reason: string; readonly orderedBy: string }
>;
/** Never stored: what each report about a person is read as once the person's key is destroyed. */
type PersonForgotten = DomainEvent<'PersonForgotten', { readonly sourceRevision?: string }>;

/** The numbers of these persons lead to the survivor now; one of them may be the survivor, who stands alone again. */
interface Merge {
  readonly personIds: readonly string[];
  readonly survivor: string;
  /** When, by the clock of the registry (ISO 8601). */
  readonly at: string;
  /** Those of `personIds` whose merge is contested. */
  readonly contested: readonly string[];
}
/** This person is merged into the survivor. */
type PersonMerged = DomainEvent<'PersonMerged', Merge>;
/** This person stands alone again. */
type PersonSeparated = DomainEvent<'PersonSeparated', Merge>;
/** Others were merged into this person, or are no longer. */
type MergesChanged = DomainEvent<'MergesChanged', Merge>;
/** Somebody contests that this person is one with the survivor. */
type MergeContested = DomainEvent<'MergeContested', Merge>;
/** Stored in the streams of all persons concerned, in the append that moves the numbers. */
export type MergeEvent = PersonMerged | PersonSeparated | MergesChanged | MergeContested;

/** Officials took a step about the numbers of this person, or it took effect. The person is told; nothing here changes by it. */
export type ProposalStatedEvent = DomainEvent<
  'ProposalStated',
  {
    readonly proposalId: string;
    readonly kind: 'merge' | 'cancellation';
    readonly step: 'proposed' | 'confirmed' | 'effective' | 'contested' | 'lapsed';
    /** Absent for what the clock did. */
    readonly by?: { readonly reporter: string; readonly officialId: string; readonly officialRole: string };
    /** One of the persons concerned did it, through a portal of `by.reporter`. */
    readonly byPerson?: true;
    /** ISO 8601, as `effectiveAt`. */
    readonly at: string;
    readonly effectiveAt?: string;
  }
>;

export type PersonEvent =
  | PersonRegistered
  | PersonChanged
  | PersonReasserted
  | PersonErasureOrdered
  | PersonForgotten
  | MergeEvent
  | ProposalStatedEvent;

export const PERSON_EVENTS: UpcastersOf<PersonEvent> = {
  PersonRegistered: [],
  PersonChanged: [],
  PersonReasserted: [],
  PersonErasureOrdered: [],
  PersonForgotten: [],
  PersonMerged: [],
  PersonSeparated: [],
  MergesChanged: [],
  MergeContested: [],
  ProposalStated: [],
};

export interface PersonState {
  readonly forgotten: boolean;
  /** By which order, when there was one. */
  readonly erasureId?: string;
  readonly facts: readonly HeldFact[];
  /** Grows by one with each report, and by more with a re-assertion. */
  readonly sourceRevision: bigint;
  /** That of the last re-assertion, if there was one. */
  readonly reassertedRevision?: bigint;
  /** The person to whom all numbers of this one lead. */
  readonly mergedInto?: string;
  /** That this person is one with another is contested, until both are taken apart. */
  readonly contested?: true;
}

/** A person is always read whole. */
export const MAX_FACTS = 1_000;

/** The rules of a person, whichever number leads to it. `cardinalities` says of how many facts a group consists on one day. */
export const personDecider = (cardinalities: Cardinalities): Decider<PersonState, PersonCommand, PersonEvent> => ({
  initialState: () => ({ forgotten: false, facts: [], sourceRevision: 0n }),

  decide(command, state) {
    const { ssin } = command;
    switch (command.type) {
      case 'RegisterPerson': {
        if (!command.facts.some(({ group }) => group === 'name'))
          throw reject('NAME_REQUIRED', 'a person is registered with a name; add a name to the facts');
        const { held, facts } = apply(state.facts, command.facts, cardinalities);
        checkWhole(held);
        return [{ type: 'PersonRegistered', data: { ssin, facts, reporter: command.reporter } }];
      }
      case 'ChangePerson': {
        if (state.forgotten) throw reject('PERSON_FORGOTTEN', 'the data of this person were erased');
        checkRevision(command.expectedSourceRevision, state.sourceRevision);
        const { held, facts } = apply(state.facts, command.facts, cardinalities);
        if (facts.length === 0) return [];
        checkWhole(held);
        return [{ type: 'PersonChanged', data: { ssin, facts, reporter: command.reporter } }];
      }
      case 'ReassertPerson': {
        if (state.forgotten) throw reject('PERSON_FORGOTTEN', 'the data of this person were erased');
        const { seen } = command;
        if ((state.reassertedRevision ?? 0n) > seen) return [];
        const highest = seen > state.sourceRevision ? seen : state.sourceRevision;
        return [{ type: 'PersonReasserted', data: { ssin, sourceRevision: String(highest + 1n) } }];
      }
    }
  },

  evolve(state, { type, data }) {
    switch (type) {
      case 'PersonErasureOrdered':
        return { ...state, forgotten: true, erasureId: data.erasureId, facts: [] };
      case 'PersonForgotten':
        return { ...state, forgotten: true, facts: [], sourceRevision: revisionAfter(state, data.sourceRevision) };
      case 'PersonReasserted': {
        const sourceRevision = revisionAfter(state, data.sourceRevision);
        return { ...state, sourceRevision, reassertedRevision: sourceRevision };
      }
      case 'PersonMerged':
        return { ...state, mergedInto: data.survivor };
      case 'PersonSeparated': {
        const { mergedInto: _, contested: __, ...alone } = state;
        return alone;
      }
      case 'MergeContested':
        return { ...state, contested: true };
      case 'MergesChanged':
      case 'ProposalStated':
        return state;
      case 'PersonRegistered':
      case 'PersonChanged': {
        const { recordedAt, reporter } = data;
        const facts = data.facts.reduce<readonly HeldFact[]>(
          (held, fact) => withFact(held, { ...fact, recordedAt, reporter }, cardinalities),
          state.facts,
        );
        return { ...state, facts, sourceRevision: state.sourceRevision + 1n };
      }
    }
  },
});

const revisionAfter = ({ sourceRevision }: PersonState, stated: string | undefined): bigint =>
  stated === undefined ? sourceRevision + 1n : BigInt(stated);

/** The facts after a report, and those of the report that changed something. */
const apply = (before: readonly HeldFact[], reported: readonly Fact[], cardinalities: Cardinalities) => {
  let held = before;
  const facts: Fact[] = [];
  for (const fact of reported) {
    if (!changes(held, fact, cardinalities)) continue;
    held = withFact(held, fact, cardinalities);
    facts.push(fact);
  }
  // Facts that contradict each other may each change something, and nothing together.
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

/** Whether `a` is certainly before `b`: unknown parts never count as earlier. */
const certainlyBefore = (a: IncompleteDate, b: IncompleteDate): boolean => {
  const known = Math.min(knownLength(a), knownLength(b));
  return a.slice(0, known) < b.slice(0, known);
};

const knownLength = (date: IncompleteDate): number => (date.endsWith('-00-00') ? 4 : date.endsWith('-00') ? 7 : 10);
