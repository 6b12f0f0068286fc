import type { Database, Tx } from '@crossroads/database';
import type { PostgresEventStore } from '@crossroads/eventsourcing';
import type { SubjectSealer } from '@crossroads/privacy';
import { journalPlace } from '../domain/journal.js';
import { type ClosingReason, type SubscriptionEvent, subscription } from '../domain/subscription.js';
import { closingBytes, withheldOutcome } from './delivery-message.js';
import { outcomeOf } from './numbering.js';

interface SubscriptionRow {
  readonly state: 'open' | 'paused' | 'closed';
  readonly last_sequence: bigint;
  readonly relaying_sequence: bigint;
}

interface WithheldRow {
  readonly person_id: string;
  readonly journal_id: string;
  readonly ticket: string;
}

/** Ends subscriptions: the closing notice is the last number of the sequence, and nothing comes after it. */
export class Closing {
  constructor(
    private readonly db: Database,
    private readonly store: PostgresEventStore,
    private readonly sealer: SubjectSealer,
    private readonly now: () => Date,
  ) {}

  /** What was numbered before is still delivered; then the notice. In the caller's transaction, the row already locked. */
  async afterTheRest(tx: Tx, subscriptionId: string, lastSequence: bigint, reason: ClosingReason): Promise<void> {
    await this.notice(tx, subscriptionId, lastSequence + 1n, reason);
  }

  /**
   * The grant is gone: what may not be on the topic yet is withheld, its access records say so, and the notice takes the
   * next number, so that the sequence stays dense. Only the relay of this institution calls it: nothing is on its way.
   */
  async atOnce(subscriptionId: string, reason: ClosingReason): Promise<void> {
    await this.db.transaction(async (tx) => {
      const [row] = await tx.query<SubscriptionRow>(
        `select state, last_sequence, relaying_sequence from subscriptions where subscription_id = $1 for update`,
        [subscriptionId],
      );
      if (!row || (row.state === 'closed' && row.relaying_sequence === row.last_sequence)) return;
      if (row.state !== 'closed') await this.append(tx, subscriptionId, reason);
      const withheld = await tx.query<WithheldRow>(
        `delete from deliveries where subscription_id = $1 and sequence > $2
         returning person_id, journal_id, ticket`,
        [subscriptionId, row.relaying_sequence],
      );
      await this.journal(
        tx,
        withheld.filter(({ journal_id }) => journal_id !== null),
        reason,
      );
      await this.notice(tx, subscriptionId, row.relaying_sequence + 1n, reason);
    });
  }

  private async append(tx: Tx, subscriptionId: string, reason: ClosingReason): Promise<void> {
    const store = this.store.inTransaction(tx);
    const recorded = await store.readStream(subscriptionId);
    const events = recorded.map(({ type, data }) => ({ type, data }) as SubscriptionEvent);
    const state = events.reduce(subscription.evolve, subscription.initialState());
    const closed = subscription.decide({ type: 'CloseSubscription', reason }, state);
    if (closed.length > 0)
      await store.append([
        {
          streamId: subscriptionId,
          streamType: 'subscription',
          expectedRevision: recorded.at(-1)?.revision ?? 0n,
          events: closed.map(({ type, data }) => ({ type, data: { ...data } })),
        },
      ]);
  }

  private async journal(tx: Tx, rows: readonly WithheldRow[], reason: ClosingReason): Promise<void> {
    if (rows.length === 0) return;
    const sealed = await this.sealer.sealAllForSubjects(
      rows.map(({ person_id, journal_id, ticket }) => ({
        personId: person_id,
        value: outcomeOf(withheldOutcome(ticket, reason, this.now())),
        aad: journalPlace(journal_id, 'withheld'),
      })),
    );
    await this.store.inTransaction(tx).append(
      rows.map(({ person_id, journal_id }, index) => ({
        streamId: journal_id,
        streamType: 'journal',
        expectedRevision: 1n,
        events: [{ type: 'DeliveryWithheld', data: { personId: person_id, sealed: sealed[index] ?? '' } }],
      })),
    );
  }

  private async notice(tx: Tx, subscriptionId: string, sequence: bigint, reason: ClosingReason): Promise<void> {
    const body = Buffer.from(closingBytes(subscriptionId, sequence, reason, this.now())).toString('base64');
    await tx.query(
      `insert into deliveries (subscription_id, sequence, ce_source, ce_id, body) values ($1, $2, 'closing', 'closing', $3)`,
      [subscriptionId, sequence, body],
    );
    await tx.query(
      `update subscriptions set state = 'closed', closing_reason = $3, last_sequence = $2 where subscription_id = $1`,
      [subscriptionId, sequence, reason],
    );
  }
}
