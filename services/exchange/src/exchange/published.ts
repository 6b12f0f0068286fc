import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import { coalescingReader, type EventStore, type Recorded } from '@crossroads/eventsourcing';
import { type Publication, type Published, publicationOf } from '@crossroads/messaging';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import { ACCESS_TOPIC, eventSourceOf, exchange, MUTATION_TOPIC } from '@crossroads/topology';
import { ACCESS, REFUSAL } from '../journal/access-events.js';
import type { RecordSeals } from '../journal/sealed-record.js';
import { MUTATIONS } from '../mutations/mutation-stream.js';
import { mutationPlace } from '../mutations/mutations.js';
import { storedText } from '../journal/stored-text.js';

const SOURCE = eventSourceOf(exchange.name);

/**
 * What leaves the exchange by its log: each access once its outcome is known, and each mutation. Both are opened here, and
 * sealed again for their topic by the relay. What is about a person who was erased is told to nobody any more.
 */
export const published = (
  sealer: SubjectSealer,
  seals: RecordSeals,
  store: Pick<EventStore, 'readStreams'>,
): Published => {
  const intents = new Intents(store);

  const access = async (recorded: Recorded): Promise<Publication | undefined> => {
    const { streamId: journalId, type, data } = recorded;
    const personId = storedText(data, 'personId');
    const tell = (participle: string, body: Uint8Array) =>
      publicationOf(recorded, {
        topic: ACCESS_TOPIC,
        source: SOURCE,
        service: ACCESS_TOPIC,
        type: `crossroads.access.v1.accesses.notify.${participle}`,
        key: journalId,
        data: body,
      });
    if (type === 'AccessIntended') {
      intents.note(journalId, storedText(data, 'record'));
      return undefined;
    }
    const sealed = type === 'AccessConcluded' ? await intents.take(journalId) : storedText(data, 'record');
    const record = await seals.open(personId, journalId, 'record', sealed);
    const outcome = await seals.open(personId, journalId, 'outcome', storedText(data, 'outcome'));
    if (record === FORGOTTEN || outcome === FORGOTTEN) return undefined;
    const body = {
      journalId,
      personId,
      record: Buffer.from(record.bytes),
      recordSalt: Buffer.from(record.salt),
      outcome: Buffer.from(outcome.bytes),
      outcomeSalt: Buffer.from(outcome.salt),
    };
    if (type === 'AccessConcluded') return tell('concluded', AccessConcluded.encode(body).finish());
    return tell('refused', AccessJournaled.encode(body).finish());
  };

  const mutation = async (recorded: Recorded): Promise<Publication | undefined> => {
    const { streamId, data } = recorded;
    const personId = storedText(data, 'personId');
    const place = mutationPlace(streamId, storedText(data, 'sourceRevision'));
    const body = await sealer.openBytesForSubject(personId, storedText(data, 'sealed'), place);
    if (body === FORGOTTEN) return undefined;
    return publicationOf(recorded, {
      topic: MUTATION_TOPIC,
      source: SOURCE,
      service: MUTATION_TOPIC,
      type: 'crossroads.mutation.v1.mutations.notify.reported',
      key: personId,
      data: body,
    });
  };

  return async (recorded) => {
    if (recorded.streamType === ACCESS || recorded.streamType === REFUSAL) return access(recorded);
    return recorded.streamType === MUTATIONS ? mutation(recorded) : undefined;
  };
};

/** More intents than this are read again when their outcome comes. */
const REMEMBERED = 10_000;

/** The sealed records of accesses that have no outcome yet. They come by in the log before their outcomes; if not, they are read. */
class Intents {
  private readonly noted = new Map<string, string>();
  private readonly reader: Pick<EventStore, 'readStreams'>;

  constructor(store: Pick<EventStore, 'readStreams'>) {
    this.reader = coalescingReader(store);
  }

  note(journalId: string, sealedRecord: string): void {
    if (this.noted.size < REMEMBERED) this.noted.set(journalId, sealedRecord);
  }

  async take(journalId: string): Promise<string> {
    const noted = this.noted.get(journalId);
    if (noted !== undefined) {
      this.noted.delete(journalId);
      return noted;
    }
    const [intended] = (await this.reader.readStreams([journalId])).get(journalId) ?? [];
    return storedText(intended?.data, 'record');
  }
}
