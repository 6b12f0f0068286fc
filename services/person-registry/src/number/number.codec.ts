import type { EventCodec, Json, Recorded } from '@crossroads/eventsourcing';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { NumberEvent } from './number.decider.js';

/** Seals the number itself under the key of the person to whom it was first assigned; all else is ids. */
@Injectable()
export class NumberCodec implements EventCodec<NumberEvent> {
  constructor(private readonly sealer: SubjectSealer) {}

  async toStored(event: NumberEvent, { eventId }: { readonly streamId: string; readonly eventId: string }) {
    if (event.type !== 'NumberAssigned') return { schemaVersion: 1, data: { ...event.data } };
    const { ssin, ...ids } = event.data;
    const sealed = await this.sealer.sealForSubject(ids.personId, { ssin }, aadOf(eventId));
    return { schemaVersion: 1, data: { ...ids, sealed } };
  }

  async fromStored({ id, type, data }: Recorded): Promise<NumberEvent> {
    // `toStored` made what is stored, so its types hold.
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
