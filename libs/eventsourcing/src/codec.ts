import type { DomainEvent } from './decider.js';
import type { Json, Recorded } from './event-store.js';

/**
 * Between an event of the domain and what is stored: where personal fields are sealed and opened, and where events of an
 * older schema are brought up to date. The event's id is known beforehand so that a seal can be bound to it.
 */
export interface EventCodec<Event extends DomainEvent> {
  toStored(
    event: Event,
    at: { readonly streamId: string; readonly eventId: string },
  ): Promise<{ readonly schemaVersion: number; readonly data: Json }>;
  fromStored(recorded: Recorded): Promise<Event>;
}

/** For events whose data are plain JSON, in their only schema. */
export const plainCodec = <Event extends DomainEvent>(): EventCodec<Event> => ({
  // Stored as they are and read as they were: the one place where the types have to be believed.
  toStored: async (event) => ({ schemaVersion: 1, data: event.data as Json }),
  fromStored: async ({ type, data }) => ({ type, data }) as DomainEvent as Event,
});
