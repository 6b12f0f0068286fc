import type { EventCodec, Json, Recorded } from '@crossroads/eventsourcing';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import type { Fact, FieldGroup } from './domain/facts.js';
import { groupsOf, type PersonEvent } from './domain/person.js';

/** What `es.events` keeps of a person's event: nothing of it names or describes the person. */
interface StoredPersonEvent {
  /** Facts and number, sealed for the person. */
  readonly sealed: string;
  readonly groups: readonly FieldGroup[];
  readonly reporter: string;
}

/** Seals what was said of a person under that person's key (the stream's id), bound to its event. */
export class PersonCodec implements EventCodec<PersonEvent> {
  constructor(private readonly sealer: SubjectSealer) {}

  async toStored(event: PersonEvent, { streamId, eventId }: { readonly streamId: string; readonly eventId: string }) {
    if (event.type === 'PersonForgotten') throw new TypeError('being forgotten is the loss of a key, not an event');
    const { ssin, facts, reporter } = event.data;
    const said = {
      ssin,
      facts: facts.map(({ group, value, period }) => ({ group, value, period: { ...period } })) as Json,
    };
    const sealed = await this.sealer.sealForSubject(streamId, said, aadOf(eventId));
    return { schemaVersion: 1, data: { sealed, groups: groupsOf(facts), reporter } };
  }

  async fromStored({ streamId, id, type, data, recordedAt }: Recorded): Promise<PersonEvent> {
    const { sealed, reporter } = storedPersonEvent(data);
    const opened = await this.sealer.openForSubject(streamId, sealed, aadOf(id));
    if (opened === FORGOTTEN) return { type: 'PersonForgotten', data: {} };
    // What was sealed is what `toStored` made: the one place where the types have to be believed.
    const said = opened as unknown as { readonly ssin: string; readonly facts: readonly Fact[] };
    if (type !== 'PersonRegistered' && type !== 'PersonChanged') throw new TypeError(`a person has no event "${type}"`);
    return { type, data: { ...said, reporter, recordedAt: recordedAt.toISOString() } };
  }
}

/** The part of a stored event that can be read without a key. */
const storedPersonEvent = (data: Json): StoredPersonEvent => data as unknown as StoredPersonEvent;

const aadOf = (eventId: string): string => `${eventId}/said`;
