import { type EventCodec, type Json, PostgresEventStore, type Recorded, Streams } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { type ErasureCommand, erasureDecider, type ErasureEvent, type ErasureState } from './erasure.decider.js';

/** The streams of erasures. The id of a stream is that of the order. */
@Injectable()
export class Erasures extends Streams<ErasureState, ErasureCommand, ErasureEvent> {
  constructor(store: PostgresEventStore) {
    super(store, { type: 'erasure', decider: erasureDecider, codec });
  }
}

const codec: EventCodec<ErasureEvent> = {
  // What is decided has no `recordedAt` yet.
  toStored: async ({ data }) => ({ schemaVersion: 1, data: { ...data } as Json }),
  fromStored: async ({ type, data, recordedAt }: Recorded) =>
    // `toStored` made what is stored, so its types hold.
    ({ type, data: { ...(data as object), recordedAt: recordedAt.toISOString() } }) as unknown as ErasureEvent,
};
