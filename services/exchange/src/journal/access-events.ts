import type { DomainEvent, StreamAppend } from '@crossroads/eventsourcing';
import type { Access } from './access.js';

/** Type of the streams of accesses: an intent, then its outcome. */
export const ACCESS = 'access';
/** Type of the streams of refusals: one event each. */
export const REFUSAL = 'refusal';

/** `begun` and `outcomes` are sealed (`record-sealer.ts`); nothing else in these events is about the person. */
type AccessIntended = DomainEvent<
  'AccessIntended',
  { version: 1; ticket: string; personId: string; releases: number; instance: string; begun: string }
>;
/** `journalId` names the stream of the intent, when the outcome came after its month was closed and is a stream of its own. */
type AccessConcluded = DomainEvent<
  'AccessConcluded',
  { version: 1; ticket: string; personId: string; outcomes: string; journalId?: string }
>;
/** `personId` is empty when the number belongs to no person. */
type AccessRefused = DomainEvent<
  'AccessRefused',
  { version: 1; ticket: string; personId: string; begun: string; outcomes: string }
>;

/** The events of the journal. @public */
export type AccessEvent = AccessIntended | AccessConcluded | AccessRefused;

/** Where the events of an access are: the accesses to a person's data are in one partition. */
export const journalStream = ({
  journalId,
  personId,
}: Pick<Access, 'journalId' | 'personId'>): Pick<StreamAppend, 'streamId' | 'log' | 'routingKey'> => ({
  streamId: journalId,
  log: 'journal',
  routingKey: personId || journalId,
});
