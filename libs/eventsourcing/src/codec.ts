import type { DomainEvent } from './decider.js';
import type { Json, Recorded } from './event-store.js';

/**
 * Converts between a domain event and its stored form: seals and opens personal fields. What it reads is of the
 * newest schema version (see `Upcasters`).
 * The id of the event is given, so that a seal can be bound to it.
 */
export interface EventCodec<Event extends DomainEvent> {
  toStored(
    event: Event,
    at: { readonly streamId: string; readonly eventId: string },
  ): Promise<{ readonly schemaVersion: number; readonly data: Json }>;
  fromStored(recorded: Recorded): Promise<Event>;
}

/** For events with plain JSON data; they are written in schema version 1. */
export const plainCodec = <Event extends DomainEvent>(): EventCodec<Event> => ({
  // Stored and read unchanged, so the stored type is trusted here.
  toStored: async (event) => ({ schemaVersion: 1, data: event.data as Json }),
  fromStored: async ({ type, data }) => ({ type, data }) as DomainEvent as Event,
});
