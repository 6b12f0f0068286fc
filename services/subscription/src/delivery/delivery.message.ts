import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { JournalEntry } from '../journal/access-record.message.js';
import type { DecidedDelivery } from './decided-delivery.js';

/** A delivery with its place in the sequence of its subscription. */
export interface NumberedDelivery {
  readonly delivery: DecidedDelivery;
  readonly sequence: bigint;
  readonly entry: JournalEntry;
}

/** The message that the subscriber reads. */
export const deliveryBytes = ({ delivery, sequence, entry }: NumberedDelivery, receipt: Receipt): Uint8Array => {
  const { mutation, releasedFieldGroups } = delivery;
  return Delivery.encode({
    deliveryVersion: 1,
    subscriptionId: delivery.subscriptionId,
    sequence,
    content: {
      $case: 'mutation',
      value: {
        ssin: mutation.ssin,
        dataService: mutation.dataService,
        sourceRevision: mutation.sourceRevision,
        changedFieldGroups: mutation.changedFieldGroups.filter((group) => releasedFieldGroups.includes(group)),
        data: { ...delivery.data },
        filtered: delivery.filtered,
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
  }).finish();
};

/** Takes the place of a delivery whose person was erased before it was sent: its number, and no content. */
export const erasedBytes = (subscriptionId: string, sequence: bigint): Uint8Array =>
  Delivery.encode({ deliveryVersion: 1, subscriptionId, sequence, content: undefined }).finish();

/** What the seal of a stored delivery is bound to. */
export const deliveryPlace = (subscriptionId: string, sequence: bigint): string =>
  `delivery/${subscriptionId}/${sequence}`;
