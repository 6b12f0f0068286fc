import { Clock } from '@crossroads/configuration';
import { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { Database, type Tx } from '@crossroads/database';
import { PostgresEventStore, Streams } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import { DeliveryJournal } from '../journal/delivery-journal.js';
import { type ClosingReason, subscriptionStreams } from './subscription.decider.js';

interface SubscriptionRow {
  readonly state: 'open' | 'paused' | 'closed';
  readonly last_sequence: bigint;
  readonly relaying_sequence: bigint;
}

interface UnsentRow {
  readonly person_id: string | null;
  readonly journal_id: string;
  readonly ticket: string;
}

/** Ends the sequence of a subscription: its last delivery is a closing notice. */
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
   * get an outcome that says so, and the notice takes the next number, so that the sequence has no gap. Only the holder of
   * the institution's relay lock may call it: nobody else is sending then.
   */
  async closeUngranted(subscriptionId: string, reason: ClosingReason): Promise<void> {
    await this.db.transaction(async (tx) => {
      const [row] = await tx.query<SubscriptionRow>(
        'select state, last_sequence, relaying_sequence from subscriptions where subscription_id = $1 for update',
        [subscriptionId],
      );
      if (!row || (row.state === 'closed' && row.relaying_sequence === row.last_sequence)) return;
      if (row.state !== 'closed') await this.appendClosed(tx, subscriptionId, reason);
      const unsent = await tx.query<UnsentRow>(
        `delete from deliveries where subscription_id = $1 and sequence > $2 returning person_id, journal_id, ticket`,
        [subscriptionId, row.relaying_sequence],
      );
      await this.journal.withhold(
        tx,
        // A closing notice is of no person, and no access.
        unsent.flatMap(({ person_id: personId, journal_id: journalId, ticket }) =>
          personId === null ? [] : [{ personId, journalId, ticket }],
        ),
        reason,
      );
      await this.appendNotice(tx, subscriptionId, row.relaying_sequence + 1n, reason);
    });
  }

  /** In the caller's transaction, which has locked the row. */
  async appendNotice(tx: Tx, subscriptionId: string, sequence: bigint, reason: ClosingReason): Promise<void> {
    const notice = Delivery.encode({
      deliveryVersion: 1,
      subscriptionId,
      sequence,
      content: { $case: 'closing', value: { reason, time: this.clock.now() } },
    }).finish();
    await tx.query(
      `insert into deliveries (subscription_id, sequence, ce_source, ce_id, body) values ($1, $2, 'closing', 'closing', $3)`,
      [subscriptionId, sequence, Buffer.from(notice).toString('base64')],
    );
    await tx.query(
      `update subscriptions set state = 'closed', closing_reason = $3, last_sequence = $2 where subscription_id = $1`,
      [subscriptionId, sequence, reason],
    );
  }

  private async appendClosed(tx: Tx, subscriptionId: string, reason: ClosingReason): Promise<void> {
    const store = this.store.inTransaction(tx);
    const stream = await this.streams.load(subscriptionId, store);
    const events = this.streams.decide({ type: 'CloseSubscription', reason }, stream);
    if (events.length > 0) await store.append([await this.streams.append(stream, events)]);
  }
}
