import { randomUUID } from 'node:crypto';
import { type Tx } from '@crossroads/database';
import { type PostgresEventStore, type StreamAppend, uuidV7 } from '@crossroads/eventsourcing';
import type { SubjectSealer } from '@crossroads/privacy';
import type { Salted } from '@crossroads/transparency';
import { journalPlace } from '../domain/journal.js';
import {
  type DecidedDelivery,
  deliveryBytes,
  type JournaledDelivery,
  journalOf,
  type ReceiptSigner,
} from './delivery-message.js';

interface Numbered {
  readonly delivery: DecidedDelivery;
  readonly sequence: bigint;
  readonly journalId: string;
  readonly ticket: string;
  readonly journal: JournaledDelivery;
}

interface LockedSubscription {
  readonly subscription_id: string;
  readonly last_sequence: bigint;
}

/**
 * Gives decided deliveries their place: rows locked in the order of their ids (so that two batches cannot wait for each
 * other), what is there already dropped, the rest numbered without a gap, journalled and kept until it is relayed.
 */
export class Numbering {
  constructor(
    private readonly store: PostgresEventStore,
    private readonly sealer: SubjectSealer,
    private readonly signer: ReceiptSigner,
    private readonly now: () => Date,
  ) {}

  /** In the caller's transaction, which also keeps how far the topic was read. Answers how many were new. */
  async take(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<number> {
    if (deliveries.length === 0) return 0;
    const open = await this.lock(tx, deliveries);
    const known = await this.alreadyThere(tx, deliveries);
    const numbered: Numbered[] = [];
    for (const delivery of deliveries) {
      const last = open.get(delivery.subscriptionId);
      const key = identityOf(delivery);
      if (last === undefined || known.has(key)) continue;
      known.add(key);
      open.set(delivery.subscriptionId, last + 1n);
      const ticket = randomUUID();
      const journal = journalOf(delivery, ticket, this.now());
      numbered.push({ delivery, sequence: last + 1n, journalId: uuidV7(), ticket, journal });
    }
    if (numbered.length === 0) return 0;
    await this.journal(tx, numbered);
    await this.insert(tx, numbered);
    await tx.query(
      `update subscriptions s set last_sequence = n.last
       from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, last) where s.subscription_id = n.subscription_id`,
      [[...open.keys()], [...open.values()]],
    );
    return numbered.length;
  }

  /** Last sequence of each that is not closed. */
  private async lock(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<Map<string, bigint>> {
    const rows = await tx.query<LockedSubscription>(
      `select subscription_id, last_sequence from subscriptions
       where subscription_id = any($1::uuid[]) and state <> 'closed' order by subscription_id for update`,
      [[...new Set(deliveries.map(({ subscriptionId }) => subscriptionId))]],
    );
    return new Map(rows.map((row) => [row.subscription_id, row.last_sequence]));
  }

  private async alreadyThere(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<Set<string>> {
    const rows = await tx.query<{ subscription_id: string; ce_source: string; ce_id: string }>(
      `select d.subscription_id, d.ce_source, d.ce_id from deliveries d
       join unnest($1::uuid[], $2::text[], $3::text[]) as n (subscription_id, ce_source, ce_id)
       using (subscription_id, ce_source, ce_id)`,
      [
        deliveries.map(({ subscriptionId }) => subscriptionId),
        deliveries.map(({ ceSource }) => ceSource),
        deliveries.map(({ ceId }) => ceId),
      ],
    );
    return new Set(
      rows.map((row) => identityOf({ subscriptionId: row.subscription_id, ceSource: row.ce_source, ceId: row.ce_id })),
    );
  }

  private async journal(tx: Tx, numbered: readonly Numbered[]): Promise<void> {
    const sealed = await this.sealer.sealAllForSubjects(
      numbered.map(({ delivery, journalId, journal: { record, outcome } }) => ({
        personId: delivery.mutation.personId,
        value: {
          record: base64(record.bytes),
          recordSalt: base64(record.salt),
          ...outcomeOf(outcome),
        },
        aad: journalPlace(journalId, 'journaled'),
      })),
    );
    const appends = numbered.map(
      ({ delivery, journalId }, index): StreamAppend => ({
        streamId: journalId,
        streamType: 'journal',
        expectedRevision: 0n,
        events: [
          {
            type: 'DeliveryJournaled',
            data: { personId: delivery.mutation.personId, sealed: sealed[index] ?? '' },
            ...(delivery.traceparent === undefined ? {} : { metadata: { traceparent: delivery.traceparent } }),
          },
        ],
      }),
    );
    await this.store.inTransaction(tx).append(appends);
  }

  private async insert(tx: Tx, numbered: readonly Numbered[]): Promise<void> {
    const bodies = await this.sealer.sealAllForSubjects(
      numbered.map(({ delivery, sequence, ticket, journal }) => ({
        personId: delivery.mutation.personId,
        value: deliveryBytes(delivery, sequence, ticket, journal, this.signer, this.now()),
        aad: deliveryPlace(delivery.subscriptionId, sequence),
      })),
    );
    await tx.query(
      `insert into deliveries
         (subscription_id, sequence, ce_source, ce_id, person_id, journal_id, ticket, body, traceparent)
       select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[],
         $8::text[], $9::text[])`,
      [
        numbered.map(({ delivery }) => delivery.subscriptionId),
        numbered.map(({ sequence }) => sequence),
        numbered.map(({ delivery }) => delivery.ceSource),
        numbered.map(({ delivery }) => delivery.ceId),
        numbered.map(({ delivery }) => delivery.mutation.personId),
        numbered.map(({ journalId }) => journalId),
        numbered.map(({ ticket }) => ticket),
        bodies,
        numbered.map(({ delivery }) => delivery.traceparent ?? null),
      ],
    );
  }
}

/** The associated data of a sealed delivery. */
export const deliveryPlace = (subscriptionId: string, sequence: bigint): string =>
  `delivery/${subscriptionId}/${sequence}`;

export const outcomeOf = (outcome: Salted) => ({ outcome: base64(outcome.bytes), outcomeSalt: base64(outcome.salt) });

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const identityOf = ({
  subscriptionId,
  ceSource,
  ceId,
}: Pick<DecidedDelivery, 'subscriptionId' | 'ceSource' | 'ceId'>) => `${subscriptionId}\n${ceSource}\n${ceId}`;
