import { randomUUID } from 'node:crypto';
import { Database, type Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { SubscriptionWithTerms } from '../subscription/subscription-queries.js';

/** A delivery that is to be sent; without a person it is a closing notice. */
export interface PendingDelivery {
  readonly subscriptionId: string;
  readonly sequence: bigint;
  readonly personId: string | null;
  readonly body: string;
  readonly createdAt: Date;
  readonly traceparent: string | null;
}

interface ClaimableSubscription extends SubscriptionWithTerms {
  readonly lastSequence: bigint;
  readonly relayedSequence: bigint;
  readonly relayingSequence: bigint;
}

interface ClaimedSubscription extends ClaimableSubscription {
  /** The last number that is claimed. */
  readonly upTo: bigint;
}

/** Deliveries of one institution that this process may send now. */
export interface Claim {
  readonly subscriptions: readonly ClaimedSubscription[];
  readonly pending: readonly PendingDelivery[];
}

const MAX_BATCH_SIZE = 500;

/**
 * Which deliveries are being sent. `relaying_sequence` is written before sending: up to there a delivery may be on the topic,
 * whatever became of the process that sent it, so its number can never get another content.
 */
@Injectable()
export class DeliveryClaims {
  /** Of this process and start. A process that has lost its lock without noticing no longer matches `subscriptions.relay`. */
  private readonly relay = randomUUID();

  constructor(private readonly db: Database) {}

  /** Institutions with deliveries to send. */
  async institutions(): Promise<string[]> {
    const rows = await this.db.query<{ institution: string }>({
      name: 'deliveries-to-relay',
      text: `select distinct institution from subscriptions where relayed_sequence < last_sequence and state <> 'paused'`,
    });
    return rows.map(({ institution }) => institution);
  }

  /** What an earlier attempt may have sent is claimed alone: while the broker is away, the claim does not grow. */
  async claim(institution: string): Promise<Claim> {
    return this.db.transaction(async (tx) => {
      const rows = await tx.query<ClaimableSubscription>(
        `select subscription_id as "subscriptionId", institution, inscription_context as "inscriptionContext",
           data_service as "dataService", legal_context as "legalContext", last_sequence as "lastSequence",
           relayed_sequence as "relayedSequence", relaying_sequence as "relayingSequence"
         from subscriptions where institution = $1 and state <> 'paused' and relayed_sequence < last_sequence
         order by subscription_id for update`,
        [institution],
      );
      if (rows.length === 0) return { subscriptions: [], pending: [] };
      // In equal shares, so that a busy subscription does not hold up the others.
      const share = BigInt(Math.max(1, Math.floor(MAX_BATCH_SIZE / rows.length)));
      const subscriptions = rows.map((row) => ({ ...row, upTo: upTo(row, share) }));
      const pending = await tx.query<PendingDelivery>(
        `select d.subscription_id as "subscriptionId", d.sequence, d.person_id as "personId", d.body,
           d.created_at as "createdAt", d.traceparent
         from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as n (subscription_id, after, up_to)
         join deliveries d on d.subscription_id = n.subscription_id and d.sequence > n.after and d.sequence <= n.up_to
         order by d.subscription_id, d.sequence`,
        [idsOf(subscriptions), subscriptions.map((one) => one.relayedSequence), subscriptions.map((one) => one.upTo)],
      );
      await tx.query(
        `update subscriptions s set relaying_sequence = n.up_to, relay = $3
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to) where s.subscription_id = n.subscription_id`,
        [idsOf(subscriptions), subscriptions.map((one) => one.upTo), this.relay],
      );
      return { subscriptions, pending };
    });
  }

  /** Nothing of the claim was sent: what no earlier attempt may have sent either can still be withheld. */
  async release({ subscriptions }: Claim): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lockRows(tx, subscriptions);
      await tx.query(
        `update subscriptions s set relaying_sequence = n.before
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, before)
         where s.subscription_id = n.subscription_id and s.relay = $3`,
        [idsOf(subscriptions), subscriptions.map((one) => one.relayingSequence), this.relay],
      );
    });
  }

  /** All of the claim is on the topic: its bodies are erased. */
  async confirm({ subscriptions }: Claim): Promise<void> {
    await this.db.transaction(async (tx) => {
      await lockRows(tx, subscriptions);
      const confirmed = await tx.query<{ readonly subscription_id: string; readonly relayed_sequence: bigint }>(
        `update subscriptions s set relayed_sequence = n.up_to
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to)
         where s.subscription_id = n.subscription_id and s.relay = $3
         returning s.subscription_id, s.relayed_sequence`,
        [idsOf(subscriptions), subscriptions.map((one) => one.upTo), this.relay],
      );
      await tx.query(
        `update deliveries d set body = null
         from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, up_to)
         where d.subscription_id = n.subscription_id and d.sequence <= n.up_to and d.body is not null`,
        [confirmed.map((row) => row.subscription_id), confirmed.map((row) => row.relayed_sequence)],
      );
    });
  }
}

const upTo = ({ lastSequence, relayedSequence, relayingSequence }: ClaimableSubscription, share: bigint): bigint => {
  if (relayingSequence > relayedSequence) return relayingSequence;
  const next = relayedSequence + share;
  return next < lastSequence ? next : lastSequence;
};

const idsOf = (subscriptions: readonly ClaimedSubscription[]) =>
  subscriptions.map(({ subscriptionId }) => subscriptionId);

/** In the order of the ids, as everywhere: otherwise two transactions could deadlock. */
const lockRows = async (tx: Tx, subscriptions: readonly ClaimedSubscription[]): Promise<void> => {
  await tx.query(
    `select from subscriptions where subscription_id = any($1::uuid[]) order by subscription_id for update`,
    [idsOf(subscriptions)],
  );
};
