import type { DomainEvent } from '@crossroads/eventsourcing';

/** Streams of accesses: intent first, then one outcome (another for each repetition of the request). */
export const ACCESS = 'access';
/** Streams of refusals: one event each. */
export const REFUSAL = 'refusal';

/** Salt and exact bytes, sealed for the person (`sealed-record.ts`); the rest says nothing about them. */
type AccessIntended = DomainEvent<
  'AccessIntended',
  { version: 1; ticket: string; personId: string; instance: string; record: string }
>;
type AccessConcluded = DomainEvent<
  'AccessConcluded',
  { version: 1; ticket: string; personId: string; outcome: string }
>;
/** `personId` is empty when the number is nobody's. */
type AccessRefused = DomainEvent<
  'AccessRefused',
  { version: 1; ticket: string; personId: string; record: string; outcome: string }
>;

/** What lies in the journal. @public */
export type AccessEvent = AccessIntended | AccessConcluded | AccessRefused;
