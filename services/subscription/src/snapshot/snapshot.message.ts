import type { Receipt } from '@crossroads/contracts/access/v1/receipt';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { DeliveredAccess, JournalEntry } from '../journal/delivered-access.message.js';

/** A person of a snapshot, as the subscriber gets it. */
export interface SnapshotContent extends DeliveredAccess {
  readonly snapshotId: string;
  /** Nothing in a notification. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly supplyTime: Date;
}

/** The bytes of a `Delivery` that has nothing but its content. */
export const personBytes = (content: SnapshotContent, entry: JournalEntry, receipt: Receipt): Uint8Array => {
  const { ssin, dataService, sourceRevision } = content.mutation;
  return Delivery.encode(
    Delivery.fromPartial({
      content: {
        $case: 'snapshot',
        value: {
          snapshotId: content.snapshotId,
          ssin,
          dataService,
          sourceRevision,
          fieldGroups: [...content.releasedFieldGroups],
          ...(content.content === 'data' ? { data: { ...content.data } } : {}),
          filtered: [...content.filtered],
          supplyTime: content.supplyTime,
          deliberationId: content.deliberationId,
          policyRevision: content.policyRevision,
          ticket: entry.ticket,
          receipt,
          ask: Buffer.from(entry.delivery.ask.bytes),
          askSalt: Buffer.from(entry.delivery.ask.salt),
        },
      },
    }),
  ).finish();
};

/** As it is stored: plain, since it is about nobody. */
export const endBody = (snapshotId: string, delivered: bigint, withheld: bigint): string =>
  Buffer.from(
    Delivery.encode(
      Delivery.fromPartial({ content: { $case: 'snapshotEnd', value: { snapshotId, delivered, withheld } } }),
    ).finish(),
  ).toString('base64');
