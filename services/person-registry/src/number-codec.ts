import type { EventCodec, Json, Recorded } from '@crossroads/eventsourcing';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import type { NumberEvent } from './domain/number.js';

/** Seals the number itself under the key of the person to whom it was first given; all else is ids. */
export class NumberCodec implements EventCodec<NumberEvent> {
  constructor(private readonly sealer: SubjectSealer) {}

  async toStored(event: NumberEvent, { eventId }: { readonly streamId: string; readonly eventId: string }) {
    if (event.type !== 'NumberAssigned') return { schemaVersion: 1, data: { ...event.data } };
    const { ssin, ...ids } = event.data;
    const sealed = await this.sealer.sealForSubject(ids.personId, { ssin }, aadOf(eventId));
    return { schemaVersion: 1, data: { ...ids, sealed } };
  }

  async fromStored({ id, type, data }: Recorded): Promise<NumberEvent> {
    // Stored as `toStored` made them: the one place where the types have to be believed.
    const stored = { type, data } as unknown as NumberEvent;
    if (stored.type !== 'NumberAssigned') return stored;
    const { sealed, ...ids } = stored.data as typeof stored.data & { readonly sealed: string };
    const opened = await this.sealer.openForSubject(ids.personId, sealed, aadOf(id));
    if (opened === FORGOTTEN) return { type: 'NumberAssigned', data: ids };
    const { ssin } = opened as { readonly [key: string]: Json };
    return { type: 'NumberAssigned', data: typeof ssin === 'string' ? { ...ids, ssin } : ids };
  }
}

const aadOf = (eventId: string): string => `${eventId}/ssin`;
