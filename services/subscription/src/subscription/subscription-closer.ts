import { Clock } from '@crossroads/configuration';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { Database, type Tx } from '@crossroads/database';
import { PostgresEventStore, Streams } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { DeliveryJournal } from '../journal/delivery-journal.js';
import { type ClosingReason, subscriptionStreams } from './subscription.decider.js';

interface LaneRow {
  readonly lane: number;
  readonly last_sequence: bigint;
  readonly relaying_sequence: bigint;
}

interface UnsentRow {
  readonly person_id: string | null;
  readonly journal_id: string;
  readonly ticket: string;
}

/** Ends the sequences of a subscription: the last delivery of each lane is a closing notice. */
@Injectable()
export class SubscriptionCloser {
  private readonly streams;

  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly journal: DeliveryJournal,
    private readonly clock: Clock,
  ) {
    this.streams = new Streams(store, subscriptionStreams);
  }

  /**
   * Closes a subscription whose grant is gone. Deliveries that cannot be on the topic yet are withheld, their access records
   * get an outcome that says so, and the notice takes the next number, so that the sequence has no gap. The rows of the lanes
   * are locked, and whoever sends has claimed its numbers there before.
   */
  async closeUngranted(subscriptionId: string, reason: ClosingReason): Promise<void> {
    await this.db.transaction(async (tx) => {
      const [row] = await tx.query<{ readonly state: string }>(
        'select state from subscriptions where subscription_id = $1 for update',
        [subscriptionId],
      );
      if (!row) return;
      const lanes = await this.lockLanes(tx, subscriptionId);
      const withheld =
        row.state === 'closed' ? lanes.filter((lane) => lane.relaying_sequence < lane.last_sequence) : lanes;
      if (withheld.length === 0) return;
      if (row.state !== 'closed') await this.appendClosed(tx, subscriptionId, reason);
      const unsent = await tx.query<UnsentRow>(
        `delete from deliveries d using unnest($2::smallint[], $3::bigint[]) as n (lane, up_to)
         where d.subscription_id = $1 and d.lane = n.lane and d.sequence > n.up_to
         returning person_id, journal_id, ticket`,
        [subscriptionId, withheld.map(({ lane }) => lane), withheld.map((lane) => lane.relaying_sequence)],
      );
      await this.journal.withhold(
        tx,
        // A closing notice is of no person, and no access.
        unsent.flatMap(({ person_id: personId, journal_id: journalId, ticket }) =>
          personId === null ? [] : [{ personId, journalId, ticket }],
        ),
        reason,
      );
      await this.insertNotices(
        tx,
        subscriptionId,
        withheld.map((lane) => ({ lane: lane.lane, sequence: lane.relaying_sequence + 1n })),
        reason,
      );
    });
  }

  /** After what was numbered before. In the caller's transaction, which has locked the row of the subscription. */
  async appendNotices(tx: Tx, subscriptionId: string, reason: ClosingReason): Promise<void> {
    const lanes = await this.lockLanes(tx, subscriptionId);
    await this.insertNotices(
      tx,
      subscriptionId,
      lanes.map((lane) => ({ lane: lane.lane, sequence: lane.last_sequence + 1n })),
      reason,
    );
  }

  /** No delivery is numbered or claimed until the transaction ends. In the order of the key, as everywhere. */
  private lockLanes(tx: Tx, subscriptionId: string): Promise<LaneRow[]> {
    return tx.query<LaneRow>(
      `select lane, last_sequence, relaying_sequence from subscription_lanes where subscription_id = $1
       order by subscription_id, lane for update`,
      [subscriptionId],
    );
  }

  private async insertNotices(
    tx: Tx,
    subscriptionId: string,
    places: readonly { readonly lane: number; readonly sequence: bigint }[],
    reason: ClosingReason,
  ): Promise<void> {
    const notice = Delivery.encode(
      Delivery.fromPartial({ content: { $case: 'closing', value: { reason, time: this.clock.now() } } }),
    ).finish();
    const lanes = places.map(({ lane }) => lane);
    const sequences = places.map(({ sequence }) => sequence);
    await tx.query(
      `insert into deliveries (subscription_id, lane, sequence, ce_source, ce_id, body, encoding)
       select $1, n.lane, n.sequence, 'closing', n.lane::text, $4, s.encoding
       from unnest($2::smallint[], $3::bigint[]) as n (lane, sequence), subscriptions s where s.subscription_id = $1`,
      [subscriptionId, lanes, sequences, Buffer.from(notice).toString('base64')],
    );
    await tx.query(
      `update subscription_lanes l set last_sequence = n.sequence, closed = true
       from unnest($2::smallint[], $3::bigint[]) as n (lane, sequence)
       where l.subscription_id = $1 and l.lane = n.lane`,
      [subscriptionId, lanes, sequences],
    );
    await tx.query(`update subscriptions set state = 'closed', closing_reason = $2 where subscription_id = $1`, [
      subscriptionId,
      reason,
    ]);
  }

  private async appendClosed(tx: Tx, subscriptionId: string, reason: ClosingReason): Promise<void> {
    const store = this.store.inTransaction(tx);
    const stream = await this.streams.load(subscriptionId, store);
    const events = this.streams.decide({ type: 'CloseSubscription', reason }, stream);
    if (events.length > 0) await store.append([await this.streams.append(stream, events)]);
  }
}
