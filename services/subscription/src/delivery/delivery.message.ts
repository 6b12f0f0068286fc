import { Delivery, type ReplayOf } from '@crossroads/contracts/delivery/v1/delivery';
import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { JournalEntry } from '../journal/delivered-access.message.js';
import type { DecidedDelivery } from './decided-delivery.js';

/** Where a delivery stands. */
export interface DeliveryPlace {
  readonly subscriptionId: string;
  readonly lane: number;
  readonly sequence: bigint;
  readonly replay?: ReplayOf;
}

/** What the subscriber reads of it besides its place: the bytes of a `Delivery` that has nothing but its content. */
export const contentBytes = (delivery: DecidedDelivery, entry: JournalEntry, receipt: Receipt): Uint8Array =>
  Delivery.encode(Delivery.fromPartial({ content: contentOf(delivery, entry, receipt) })).finish();

const contentOf = (delivery: DecidedDelivery, entry: JournalEntry, receipt: Receipt): Delivery['content'] => {
  const { mutation, releasedFieldGroups, deliberationId, policyRevision } = delivery;
  const { ssin, dataService, sourceRevision, recordedTime, reasserted } = mutation;
  const told = {
    ssin,
    dataService,
    sourceRevision,
    changedFieldGroups: mutation.changedFieldGroups.filter((group) => releasedFieldGroups.includes(group)),
    recordedTime,
    reasserted,
    deliberationId,
    policyRevision,
    ticket: entry.ticket,
    receipt,
    ask: Buffer.from(entry.delivery.ask.bytes),
    askSalt: Buffer.from(entry.delivery.ask.salt),
  };
  if (delivery.content === 'notification') return { $case: 'notification', value: told };
  const { data, filtered } = delivery;
  return {
    $case: 'mutation',
    value: { ...told, data: { ...data }, filtered, effectiveDate: mutation.effectiveDate },
  };
};

/**
 * The whole message. Without content it takes the place of a delivery whose person was erased: its number, and nothing else. Messages
 * that are written one behind the other are one message (protobuf), so that the content is sealed before its number is known.
 */
export const deliveryBytes = (place: DeliveryPlace, content: Uint8Array = NOTHING): Uint8Array =>
  Buffer.concat([Delivery.encode(Delivery.fromPartial({ deliveryVersion: 1, ...place })).finish(), content]);

/** The same message in canonical proto3 JSON. */
export const jsonOf = (bytes: Uint8Array): Uint8Array =>
  Buffer.from(JSON.stringify(Delivery.toJSON(Delivery.decode(bytes))));

const NOTHING = new Uint8Array();

/** What the seal of a stored delivery is bound to. */
export const sealPlace = (journalId: string): string => `delivery/${journalId}`;
