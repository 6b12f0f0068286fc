import { ServiceIdentity } from '@crossroads/configuration';
import type { CloudEvent } from '@crossroads/messaging';
import { FORGOTTEN, Pseudonyms, SubjectSealer } from '@crossroads/privacy';
import { Injectable } from '@nestjs/common';
import type { PendingDelivery, StoredDelivery } from './delivery-claims.js';
import { deliveryBytes, jsonOf, sealPlace } from './delivery.message.js';
import { TimeSlices } from './time-slices.js';

const SERVICE = 'crossroads.subscription.v1';
/** Opened together: keys are read for all of them at once. */
const CHUNK_SIZE = 128;

/** Makes the messages of one institution's topic: the SSIN stands in the body only. */
@Injectable()
export class DeliveryEvents {
  constructor(
    private readonly service: ServiceIdentity,
    private readonly sealer: SubjectSealer,
    private readonly pseudonyms: Pseudonyms,
  ) {}

  async of(institution: string, deliveries: readonly PendingDelivery[]): Promise<CloudEvent[]> {
    const slices = new TimeSlices();
    const events: CloudEvent[] = [];
    for (let from = 0; from < deliveries.length; from += CHUNK_SIZE) {
      if (from > 0) await slices.next();
      const chunk = deliveries.slice(from, from + CHUNK_SIZE);
      events.push(...(await Promise.all(chunk.map((delivery) => this.eventOf(institution, delivery)))));
    }
    return events;
  }

  private async eventOf(institution: string, delivery: PendingDelivery): Promise<CloudEvent> {
    const { subscriptionId, lane, sequence, personId, createdAt, encoding } = delivery;
    return {
      id: `${subscriptionId}:${lane}:${sequence}`,
      source: this.service.urn,
      service: SERVICE,
      type: `${SERVICE}.deliveries.notify.${participleOf(delivery)}`,
      time: createdAt,
      key: personId === null ? subscriptionId : this.pseudonyms.of(institution, personId),
      partition: lane,
      sequence: sequence.toString().padStart(20, '0'),
      ...(encoding === 'json' ? { contentType: 'application/json' } : {}),
      data: encoding === 'json' ? jsonOf(await this.bytesOf(delivery)) : await this.bytesOf(delivery),
    };
  }

  /** The message as protobuf. */
  async bytesOf(delivery: StoredDelivery): Promise<Uint8Array> {
    const { subscriptionId, lane, sequence } = delivery;
    return deliveryBytes({ subscriptionId, lane, sequence, ...replayIn(delivery) }, await this.contentOf(delivery));
  }

  private async contentOf({ personId, journalId, body }: StoredDelivery): Promise<Uint8Array | undefined> {
    if (personId === null || journalId === null) return Buffer.from(body, 'base64');
    const opened = await this.sealer.openBytesForSubject(personId, body, sealPlace(journalId));
    // The person was erased meanwhile. Without its number the sequence would have a gap.
    return opened === FORGOTTEN ? undefined : opened;
  }
}

const participleOf = ({ personId, closes }: PendingDelivery): string => {
  if (personId !== null) return 'made';
  return closes ? 'closed' : 'marked';
};

const replayIn = ({ replayId, replayOf }: StoredDelivery) =>
  replayId === null || replayOf === null ? {} : { replay: { replayId, sequence: replayOf } };
