import type { DomainEvent } from './decider.js';
import { NeedsNewerVersion } from './errors.js';
import type { Json, Recorded } from './event-store.js';

/** Turns the data of one schema version into that of the next one. Pure: it is run at each read. */
export type Upcaster = (data: Json) => Json;

/** Every type of event that this version knows, with its upcasters: the first one leads from schema version 1 to 2, and so on. */
export type Upcasters<Type extends string = string> = Readonly<Record<Type, readonly Upcaster[]>>;

export type UpcastersOf<Event extends DomainEvent> = Upcasters<Event['type']>;

/** The event in the newest schema version, before anything else sees it. @throws NeedsNewerVersion */
export const upcast = <Event extends Pick<Recorded, 'type' | 'schemaVersion' | 'data'>>(
  upcasters: Upcasters,
  event: Event,
): Event => {
  const steps = Object.hasOwn(upcasters, event.type) ? upcasters[event.type] : undefined;
  if (steps === undefined || event.schemaVersion > steps.length + 1) throw new NeedsNewerVersion(event);
  const missing = steps.slice(event.schemaVersion - 1);
  if (missing.length === 0) return event;
  return { ...event, schemaVersion: steps.length + 1, data: missing.reduce((data, step) => step(data), event.data) };
};
