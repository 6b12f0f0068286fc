import type { Json } from '@crossroads/eventsourcing';

/** A delivery in the journal: everything about it is sealed for the person, salts included. */
interface DeliveryJournaled {
  readonly personId: string;
  /** Opens to `JournaledBytes`. */
  readonly sealed: string;
}

/** A delivery that was withheld before it reached the topic: the outcome that takes the place of the first. @public */
export type DeliveryWithheld = DeliveryJournaled;

/** What is sealed: base64 of exact bytes. @public */
export interface JournaledBytes {
  readonly record?: string;
  readonly recordSalt?: string;
  readonly outcome: string;
  readonly outcomeSalt: string;
  readonly [key: string]: Json | undefined;
}

/** Bound to the journal's own id of the access and to its step. */
export const journalPlace = (journalId: string, step: 'journaled' | 'withheld'): string =>
  `journal/${journalId}/${step}`;
