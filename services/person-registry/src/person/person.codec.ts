import type { EventCodec, Json, Recorded } from '@crossroads/eventsourcing';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import { type Fact, type FieldGroup, groupsOf } from './facts.js';
import type { MergeEvent, PersonEvent, ProposalStatedEvent } from './person.decider.js';

/** The stored form of a person's event. Without the key, nothing of it names or describes the person. */
interface StoredPersonEvent {
  /** Facts and number. */
  readonly sealed: string;
  readonly groups: readonly FieldGroup[];
  readonly reporter: string;
  /** Of a re-assertion; a report is counted. */
  readonly sourceRevision?: string;
}

/** Seals facts and number of a report under the person's key, bound to the id of the event. The stream's id is the person's. */
@Injectable()
export class PersonCodec implements EventCodec<PersonEvent> {
  constructor(private readonly sealer: SubjectSealer) {}

  async toStored(event: PersonEvent, { streamId, eventId }: { readonly streamId: string; readonly eventId: string }) {
    if (event.type === 'PersonForgotten')
      throw new TypeError('a person is forgotten when the key is destroyed, not by an event');
    if (isPlain(event)) return { schemaVersion: 1, data: { ...event.data } };
    const seal = (content: { readonly [key: string]: Json }) =>
      this.sealer.sealForSubject(streamId, content, aadOf(eventId));
    if (event.type === 'PersonReasserted') {
      const { ssin, sourceRevision } = event.data;
      return { schemaVersion: 1, data: { sealed: await seal({ ssin }), sourceRevision } };
    }
    const { ssin, facts, reporter } = event.data;
    const content = {
      ssin,
      facts: facts.map(({ group, value, period }) => ({ group, value, period: { ...period } })) as Json,
    };
    const sealed = await seal(content);
    return { schemaVersion: 1, data: { sealed, groups: groupsOf(facts), reporter } };
  }

  async fromStored({ streamId, id, type, data, recordedAt }: Recorded): Promise<PersonEvent> {
    // `toStored` made what is stored, so its types hold.
    const stored = { type, data } as unknown as PersonEvent;
    if (isPlain(stored)) return stored;
    const { sealed, reporter, sourceRevision } = storedPersonEvent(data);
    const opened = await this.sealer.openForSubject(streamId, sealed, aadOf(id));
    const reasserted = sourceRevision === undefined ? {} : { sourceRevision };
    if (opened === FORGOTTEN) return { type: 'PersonForgotten', data: reasserted };
    if (type === 'PersonReasserted')
      return { type, data: { ...(opened as { ssin: string }), sourceRevision: sourceRevision ?? '' } };
    const content = opened as unknown as { readonly ssin: string; readonly facts: readonly Fact[] };
    if (type !== 'PersonRegistered' && type !== 'PersonChanged') throw new TypeError(`a person has no event "${type}"`);
    return { type, data: { ...content, reporter, recordedAt: recordedAt.toISOString() } };
  }
}

type PlainEvent = MergeEvent | ProposalStatedEvent | Extract<PersonEvent, { readonly type: 'PersonErasureOrdered' }>;

/** These hold nothing but ids and codes. */
const isPlain = (event: PersonEvent): event is PlainEvent =>
  isMerge(event) || event.type === 'ProposalStated' || event.type === 'PersonErasureOrdered';

/** Merges hold nothing but ids. */
export const isMerge = (event: PersonEvent): event is MergeEvent => MERGES.has(event.type);

const MERGES: ReadonlySet<string> = new Set<MergeEvent['type']>([
  'PersonMerged',
  'PersonSeparated',
  'MergesChanged',
  'MergeContested',
]);

const storedPersonEvent = (data: Json): StoredPersonEvent => data as unknown as StoredPersonEvent;

const aadOf = (eventId: string): string => `${eventId}/content`;
