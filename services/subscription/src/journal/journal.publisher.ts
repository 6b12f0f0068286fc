import { ServiceIdentity } from '@crossroads/configuration';
import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Json, Recorded } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { ACCESS_TOPIC } from '@crossroads/topology';
import { journalPlace } from './delivery-journal.js';

/** Publishes the journal of deliveries. Events of subscriptions stay inside. Journal entries of 200 ms travel together. */
@Publisher({ topics: { [ACCESS_TOPIC]: 'journal' }, paceMs: 200 })
export class JournalPublisher implements EventPublisher {
  readonly types: PublishedTypes = {
    DeliveryJournaled: (recorded) => this.journaled(recorded),
    DeliveryWithheld: (recorded) => this.withheld(recorded),
  };

  constructor(
    private readonly sealer: SubjectSealer,
    private readonly service: ServiceIdentity,
  ) {}

  private async journaled(recorded: Recorded): Promise<Publication | undefined> {
    const entry = await this.open(recorded, 'journaled');
    return entry && this.publication(recorded, 'delivered', AccessJournaled.encode(entry).finish());
  }

  private async withheld(recorded: Recorded): Promise<Publication | undefined> {
    const entry = await this.open(recorded, 'withheld');
    return entry && this.publication(recorded, 'concluded', AccessConcluded.encode(entry).finish());
  }

  private publication(recorded: Recorded, participle: string, data: Uint8Array): Publication {
    return publicationOf(recorded, {
      topic: ACCESS_TOPIC,
      source: this.service.urn,
      service: ACCESS_TOPIC,
      type: `${ACCESS_TOPIC}.accesses.notify.${participle}`,
      key: journalIdOf(recorded),
      data,
    });
  }

  /** Nothing when the person was erased: then nothing of the access is published any more. */
  private async open(recorded: Recorded, step: 'journaled' | 'withheld') {
    const { data } = recorded;
    const [personId, journalId] = [textIn(data, 'personId'), journalIdOf(recorded)];
    const opened = await this.sealer.openForSubject(personId, textIn(data, 'sealed'), journalPlace(journalId, step));
    if (opened === FORGOTTEN) return undefined;
    return {
      journalId,
      personId,
      record: bytesIn(opened, 'record'),
      recordSalt: bytesIn(opened, 'recordSalt'),
      outcome: bytesIn(opened, 'outcome'),
      outcomeSalt: bytesIn(opened, 'outcomeSalt'),
    };
  }
}

/** An event that came late is a stream of its own, and names the first. */
const journalIdOf = ({ streamId, data }: Recorded): string => {
  const named = fieldOf(data, 'journalId');
  return typeof named === 'string' ? named : streamId;
};

const fieldOf = (value: Json, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** Empty for a field that is absent: a withheld delivery has no record of its own. */
const bytesIn = (value: Json, name: string): Buffer => {
  const text = fieldOf(value, name);
  return Buffer.from(typeof text === 'string' ? text : '', 'base64');
};

const textIn = (value: Json, name: string): string => {
  const text = fieldOf(value, name);
  if (typeof text !== 'string') throw new TypeError(`a stored event without its ${name}`);
  return text;
};
