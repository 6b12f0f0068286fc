import type { EventCodec, Json, Recorded } from '@crossroads/eventsourcing';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { type Fact, type FieldGroup, groupsOf } from './facts.js';
import type { PersonEvent } from './person.decider.js';

/** The stored form of a person's event. Without the key, nothing of it names or describes the person. */
interface StoredPersonEvent {
  /** Facts and number. */
  readonly sealed: string;
  readonly groups: readonly FieldGroup[];
  readonly reporter: string;
}

/** Seals facts and number under the person's key, bound to the id of the event. The stream's id is the person's. */
@Injectable()
export class PersonCodec implements EventCodec<PersonEvent> {
  constructor(private readonly sealer: SubjectSealer) {}

  async toStored(event: PersonEvent, { streamId, eventId }: { readonly streamId: string; readonly eventId: string }) {
    if (event.type === 'PersonForgotten')
      throw new TypeError('a person is forgotten when the key is destroyed, not by an event');
    const { ssin, facts, reporter } = event.data;
    const content = {
      ssin,
      facts: facts.map(({ group, value, period }) => ({ group, value, period: { ...period } })) as Json,
    };
    const sealed = await this.sealer.sealForSubject(streamId, content, aadOf(eventId));
    return { schemaVersion: 1, data: { sealed, groups: groupsOf(facts), reporter } };
  }

  async fromStored({ streamId, id, type, data, recordedAt }: Recorded): Promise<PersonEvent> {
    const { sealed, reporter } = storedPersonEvent(data);
    const opened = await this.sealer.openForSubject(streamId, sealed, aadOf(id));
    if (opened === FORGOTTEN) return { type: 'PersonForgotten', data: {} };
    // `toStored` made what was sealed, so its types hold.
    const content = opened as unknown as { readonly ssin: string; readonly facts: readonly Fact[] };
    if (type !== 'PersonRegistered' && type !== 'PersonChanged') throw new TypeError(`a person has no event "${type}"`);
    return { type, data: { ...content, reporter, recordedAt: recordedAt.toISOString() } };
  }
}

const storedPersonEvent = (data: Json): StoredPersonEvent => data as unknown as StoredPersonEvent;

const aadOf = (eventId: string): string => `${eventId}/content`;
