import { ErasureReason, erasureReasonToJSON } from '@crossroads/contracts/person/v1/erasure_service';
import { PersonErasureOrdered } from '@crossroads/contracts/person/v1/events';
import type { Tx } from '@crossroads/database';
import { type CloudEvent, Consumer, type EventConsumer, type Reading } from '@crossroads/messaging';
import { type Tombstone, Tombstones } from '@crossroads/privacy';
import { ERASURE_ORDERED, PERSON_TOPIC } from '@crossroads/topology';
import { AllPersonRows } from './person-rows.js';

/**
 * Follows the registry's orders: the tombstones and what the tables lose are one transaction. The keys are destroyed after it
 * (`ErasureJob`). An order is never parked behind other events of its person; those that are parked are of no use any more.
 */
@Consumer(PERSON_TOPIC, { types: [ERASURE_ORDERED], passesParked: true })
export class ErasureConsumer implements EventConsumer<Tombstone> {
  constructor(
    private readonly tombstones: Tombstones,
    private readonly rows: AllPersonRows,
  ) {}

  read(events: readonly CloudEvent[]): Reading<Tombstone>[] {
    return events.map((event) => {
      const tombstone = tombstoneOf(event);
      return tombstone === undefined ? { items: [], unreadable: 'UNREADABLE' } : { items: [tombstone] };
    });
  }

  async handle(tombstones: readonly Tombstone[], tx: Tx): Promise<void> {
    if (tombstones.length === 0) return;
    const personIds = tombstones.map(({ personId }) => personId);
    await this.tombstones.add(tx, tombstones);
    await tx.query('delete from parked where topic = $1 and key = any($2::text[])', [PERSON_TOPIC, personIds]);
    await this.rows.erase(personIds, tx);
  }
}

const tombstoneOf = ({ data, key, time }: CloudEvent): Tombstone | undefined => {
  try {
    const { personId, reason, orderedTime } = PersonErasureOrdered.decode(data);
    if (personId !== key) return undefined;
    return { personId, erasedAt: orderedTime ?? time, reason: reasonCodeOf(reason) };
  } catch {
    return undefined;
  }
};

/** `UNLAWFUL` for `ERASURE_REASON_UNLAWFUL`. */
export const reasonCodeOf = (reason: ErasureReason): string =>
  erasureReasonToJSON(reason).replace(/^ERASURE_REASON_/, '');
