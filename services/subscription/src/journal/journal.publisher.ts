import { ServiceIdentity } from '@crossroads/configuration';
import { Releases } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { journalIdOf, type Recorded, storedText } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { ACCESS_EVENTS, SUBSCRIPTION_ACCESS_TOPIC } from '@crossroads/topology';
import { journalPlace } from './delivery-journal.js';

/** Publishes the journal of deliveries. Events of subscriptions stay inside. Journal entries of 200 ms travel together. */
@Publisher({ topics: { [SUBSCRIPTION_ACCESS_TOPIC]: 'journal' }, paceMs: 200 })
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
      topic: SUBSCRIPTION_ACCESS_TOPIC,
      source: this.service.urn,
      service: ACCESS_EVENTS,
      type: `${ACCESS_EVENTS}.accesses.notify.${participle}`,
      key: journalIdOf(recorded),
      data,
    });
  }

  /** Nothing when the person was erased: then nothing of the access is published any more. */
  private async open(recorded: Recorded, step: 'journaled' | 'withheld') {
    const { data } = recorded;
    const [personId, journalId] = [storedText(data, 'personId'), journalIdOf(recorded)];
    const opened = await this.sealer.openBytesForSubject(
      personId,
      storedText(data, 'sealed'),
      journalPlace(journalId, step),
    );
    if (opened === FORGOTTEN) return undefined;
    return { journalId, personId, releases: Releases.decode(opened).releases };
  }
}
