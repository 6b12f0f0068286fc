import { AccessConcluded, AccessJournaled } from '@crossroads/contracts/access/v1/events';
import type { Json, Recorded } from '@crossroads/eventsourcing';
import { type Publication, type Published, publicationOf } from '@crossroads/messaging';
import { FORGOTTEN, type SubjectSealer } from '@crossroads/privacy';
import { journalPlace } from './domain/journal.js';

export const ACCESS_TOPIC = 'crossroads.access.v1';
const SOURCE = 'urn:crossroads:service:subscription';

/** What leaves the service by its log: the journal of deliveries. Subscriptions themselves stay inside. */
export const published =
  (sealer: SubjectSealer): Published =>
  async (recorded) => {
    switch (recorded.type) {
      case 'DeliveryJournaled': {
        const bytes = await open(sealer, recorded, 'journaled');
        return (
          bytes &&
          publication(recorded, 'delivered', AccessJournaled.encode(AccessJournaled.fromPartial(bytes)).finish())
        );
      }
      case 'DeliveryWithheld': {
        const bytes = await open(sealer, recorded, 'withheld');
        return (
          bytes &&
          publication(recorded, 'concluded', AccessConcluded.encode(AccessConcluded.fromPartial(bytes)).finish())
        );
      }
      default:
        return undefined;
    }
  };

const publication = (recorded: Recorded, participle: string, data: Uint8Array): Publication =>
  publicationOf(recorded, {
    topic: ACCESS_TOPIC,
    source: SOURCE,
    service: 'crossroads.access.v1',
    type: `crossroads.access.v1.accesses.notify.${participle}`,
    key: recorded.streamId,
    data,
  });

const open = async (sealer: SubjectSealer, { streamId, data }: Recorded, step: 'journaled' | 'withheld') => {
  const personId = textAt(data, 'personId');
  const opened = await sealer.openForSubject(personId, textAt(data, 'sealed'), journalPlace(streamId, step));
  // Erased: nothing of it may be told any more.
  if (opened === FORGOTTEN) return undefined;
  return {
    journalId: streamId,
    personId,
    record: bytesAt(opened, 'record'),
    recordSalt: bytesAt(opened, 'recordSalt'),
    outcome: bytesAt(opened, 'outcome'),
    outcomeSalt: bytesAt(opened, 'outcomeSalt'),
  };
};

const bytesAt = (value: Json, name: string): Buffer => {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Buffer.from(typeof text === 'string' ? text : '', 'base64');
};

const textAt = (value: Json, name: string): string => {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  if (typeof text !== 'string') throw new TypeError(`a stored event without its ${name}`);
  return text;
};
