import type { DomainEvent } from '@crossroads/eventsourcing';

/** Type of the streams of accesses: an intent, then an outcome; one more outcome for each repetition of the request. */
export const ACCESS = 'access';
/** Type of the streams of refusals: one event each. */
export const REFUSAL = 'refusal';

/** `record` and `outcome` are sealed (`record-sealer.ts`); nothing else in these events is about the person. */
type AccessIntended = DomainEvent<
  'AccessIntended',
  { version: 1; ticket: string; personId: string; instance: string; record: string }
>;
type AccessConcluded = DomainEvent<
  'AccessConcluded',
  { version: 1; ticket: string; personId: string; outcome: string }
>;
/** `personId` is empty when the number belongs to no person. */
type AccessRefused = DomainEvent<
  'AccessRefused',
  { version: 1; ticket: string; personId: string; record: string; outcome: string }
>;

/** The events of the journal. @public */
export type AccessEvent = AccessIntended | AccessConcluded | AccessRefused;
