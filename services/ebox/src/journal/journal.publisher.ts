import { ServiceIdentity } from '@crossroads/configuration';
import { Releases } from '@crossroads/contracts/access/v1/access_record';
import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { journalIdOf, type Recorded, storedText } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { ACCESS_EVENTS, EBOX_ACCESS_TOPIC } from '@crossroads/topology';
import { openingPlace, type OpeningStep } from './opening-journal.js';

/** The messages of protobuf take what they have of these fields. */
const MESSAGES = { opened: AccessJournaled, intended: AccessIntended, concluded: AccessConcluded };

/** Publishes the journal of openings. Events of messages stay inside. Journal entries of 200 ms travel together. */
@Publisher({ topics: { [EBOX_ACCESS_TOPIC]: 'journal' }, paceMs: 200 })
export class JournalPublisher implements EventPublisher {
  readonly types: PublishedTypes = {
    MailOpened: (recorded) => this.opening(recorded, 'opened'),
    DocumentOpeningIntended: (recorded) => this.opening(recorded, 'intended'),
    DocumentOpeningConcluded: (recorded) => this.opening(recorded, 'concluded'),
  };

  constructor(
    private readonly sealer: SubjectSealer,
    private readonly service: ServiceIdentity,
  ) {}

  /** Nothing when the owner was erased: then nothing of the opening is published any more. */
  private async opening(recorded: Recorded, step: OpeningStep): Promise<Publication | undefined> {
    const { data } = recorded;
    const journalId = journalIdOf(recorded);
    const personId = storedText(data, 'ownerId');
    const opened = await this.sealer.openBytesForSubject(
      personId,
      storedText(data, 'sealed'),
      openingPlace(journalId, step),
    );
    if (opened === FORGOTTEN) return undefined;
    const body = { journalId, personId, releases: Releases.decode(opened).releases };
    return publicationOf(recorded, {
      topic: EBOX_ACCESS_TOPIC,
      source: this.service.urn,
      service: ACCESS_EVENTS,
      type: `${ACCESS_EVENTS}.accesses.notify.${step}`,
      key: journalId,
      data: MESSAGES[step].encode(body).finish(),
    });
  }
}
