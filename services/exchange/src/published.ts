import { AccessConcluded, AccessIntended, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Recorded } from '@crossroads/eventsourcing';
import { type Publication, type Published, publicationOf } from '@crossroads/messaging';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import { ACCESS, REFUSAL } from './journal/access-events.js';
import { RecordSeals } from './journal/sealed-record.js';
import { MUTATIONS } from './mutations/mutation-stream.js';
import { mutationPlace } from './mutations/mutations.js';
import { storedText } from './stored-text.js';

export const ACCESS_TOPIC = 'crossroads.access.v1';
export const MUTATION_TOPIC = 'crossroads.mutation.v1';
const SOURCE = 'urn:crossroads:service:exchange';

/**
 * What leaves the exchange by its log: each access, and each mutation. Both are opened here, and sealed again for their
 * topic by the relay. What is about a person who was erased is told to nobody any more.
 */
export const published = (sealer: SubjectSealer): Published => {
  const seals = new RecordSeals(sealer);

  const access = async (recorded: Recorded): Promise<Publication | undefined> => {
    const { streamId: journalId, type, data } = recorded;
    const personId = storedText(data, 'personId');
    const open = (part: 'record' | 'outcome') => seals.open(personId, journalId, part, storedText(data, part));
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
      const record = await open('record');
      if (record === FORGOTTEN) return undefined;
      const { bytes, salt } = record;
      const body = { journalId, personId, record: Buffer.from(bytes), recordSalt: Buffer.from(salt) };
      return tell('intended', AccessIntended.encode(body).finish());
    }
    const outcome = await open('outcome');
    if (outcome === FORGOTTEN) return undefined;
    const concluded = { outcome: Buffer.from(outcome.bytes), outcomeSalt: Buffer.from(outcome.salt) };
    if (type === 'AccessConcluded')
      return tell('concluded', AccessConcluded.encode({ journalId, personId, ...concluded }).finish());
    const record = await open('record');
    if (record === FORGOTTEN) return undefined;
    const refused = { record: Buffer.from(record.bytes), recordSalt: Buffer.from(record.salt) };
    return tell('refused', AccessJournaled.encode({ journalId, personId, ...refused, ...concluded }).finish());
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
