import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { journalIdOf, PostgresEventStore, type Recorded, storedText } from '@crossroads/eventsourcing';
import {
  type EventPublisher,
  type Publication,
  type PublishedTypes,
  Publisher,
  publicationOf,
} from '@crossroads/messaging';
import { FORGOTTEN, SubjectSealer } from '@crossroads/privacy';
import { ACCESS_EVENTS, eventSourceOf, exchange, EXCHANGE_ACCESS_TOPIC, MUTATION_TOPIC } from '@crossroads/topology';
import { withOutcomes } from '@crossroads/transparency';
import { RecordSealer } from '../journal/record-sealer.js';
import { mutationAad } from '../mutation/mutation.commands.js';

const SOURCE = eventSourceOf(exchange.name);
/** Intents beyond these are read from the store when their outcome is published. */
const MAX_INTENTS = 10_000;

/**
 * Publishes each access once its outcome is known, and each mutation. Both are opened here, and the relay seals them for their
 * topic. Nothing is published about a person whose data were erased. `paceMs` lets the access log take many accesses in one
 * transaction.
 */
@Publisher({ topics: { [EXCHANGE_ACCESS_TOPIC]: 'journal', [MUTATION_TOPIC]: 'main' }, paceMs: 250 })
export class ExchangePublisher implements EventPublisher {
  readonly types: PublishedTypes = {
    AccessIntended: (recorded) => this.intended(recorded),
    AccessConcluded: (recorded) => this.access(recorded),
    AccessRefused: (recorded) => this.access(recorded),
    MutationReported: (recorded) => this.mutation(recorded),
  };
  /** Sealed records of accesses whose outcome has not been published yet, by journal id. */
  private readonly intents = new Map<string, string>();

  constructor(
    private readonly sealer: SubjectSealer,
    private readonly recordSealer: RecordSealer,
    private readonly store: PostgresEventStore,
  ) {}

  private intended({ streamId, data }: Recorded): undefined {
    if (this.intents.size < MAX_INTENTS) this.intents.set(streamId, storedText(data, 'begun'));
  }

  private async access(recorded: Recorded): Promise<Publication | undefined> {
    const { type, data } = recorded;
    const concluded = type === 'AccessConcluded';
    const journalId = journalIdOf(recorded);
    const sealed = concluded ? await this.takeIntent(journalId) : storedText(data, 'begun');
    const personId = storedText(data, 'personId');
    const begun = await this.recordSealer.open(personId, journalId, 'begun', sealed);
    const outcomes = await this.recordSealer.open(personId, journalId, 'outcomes', storedText(data, 'outcomes'));
    if (begun === FORGOTTEN || outcomes === FORGOTTEN) return undefined;
    const body = { journalId, personId, releases: withOutcomes(begun, outcomes) };
    return publicationOf(recorded, {
      topic: EXCHANGE_ACCESS_TOPIC,
      source: SOURCE,
      service: ACCESS_EVENTS,
      type: `${ACCESS_EVENTS}.accesses.notify.${concluded ? 'concluded' : 'refused'}`,
      key: journalId,
      data: (concluded ? AccessConcluded.encode(body) : AccessJournaled.encode(body)).finish(),
    });
  }

  private async mutation(recorded: Recorded): Promise<Publication | undefined> {
    const { streamId, data } = recorded;
    const personId = storedText(data, 'personId');
    const aad = mutationAad(streamId, storedText(data, 'sourceRevision'));
    const body = await this.sealer.openBytesForSubject(personId, storedText(data, 'sealed'), aad);
    if (body === FORGOTTEN) return undefined;
    return publicationOf(recorded, {
      topic: MUTATION_TOPIC,
      source: SOURCE,
      service: MUTATION_TOPIC,
      type: 'crossroads.mutation.v1.mutations.notify.reported',
      key: personId,
      data: body,
    });
  }

  private async takeIntent(journalId: string): Promise<string> {
    const sealed = this.intents.get(journalId);
    if (sealed !== undefined) {
      this.intents.delete(journalId);
      return sealed;
    }
    const [intended] = await this.store.readStream(journalId);
    return storedText(intended?.data, 'begun');
  }
}
