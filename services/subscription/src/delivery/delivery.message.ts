import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { JournalEntry } from '../journal/access-record.message.js';
import type { DecidedDelivery } from './decided-delivery.js';

/** Where a delivery stands. */
export interface DeliveryPlace {
  readonly subscriptionId: string;
  readonly lane: number;
  readonly sequence: bigint;
}

/** What the subscriber reads of it besides its place: the bytes of a `Delivery` that has nothing but its content. */
export const contentBytes = (delivery: DecidedDelivery, entry: JournalEntry, receipt: Receipt): Uint8Array => {
  const { mutation, releasedFieldGroups } = delivery;
  return Delivery.encode(
    Delivery.fromPartial({
      content: {
        $case: 'mutation',
        value: {
          ssin: mutation.ssin,
          dataService: mutation.dataService,
          sourceRevision: mutation.sourceRevision,
          changedFieldGroups: mutation.changedFieldGroups.filter((group) => releasedFieldGroups.includes(group)),
          data: { ...delivery.data },
          filtered: [...delivery.filtered],
          effectiveDate: mutation.effectiveDate,
          recordedTime: mutation.recordedTime,
          deliberationId: delivery.deliberationId,
          policyRevision: delivery.policyRevision,
          ticket: entry.ticket,
          receipt,
          record: Buffer.from(entry.record.bytes),
          recordSalt: Buffer.from(entry.record.salt),
        },
      },
    }),
  ).finish();
};

/**
 * The whole message. Without content it takes the place of a delivery whose person was erased: its number, and nothing else. Messages
 * that are written one behind the other are one message (protobuf), so that the content is sealed before its number is known.
 */
export const deliveryBytes = (place: DeliveryPlace, content: Uint8Array = NOTHING): Uint8Array =>
  Buffer.concat([Delivery.encode(Delivery.fromPartial({ deliveryVersion: 1, ...place })).finish(), content]);

const NOTHING = new Uint8Array();

/** What the seal of a stored delivery is bound to. */
export const sealPlace = (journalId: string): string => `delivery/${journalId}`;
