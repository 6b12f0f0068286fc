import { Clock } from '@crossroads/configuration';
import type { Tx } from '@crossroads/database';
import { SubjectSealer } from '@crossroads/privacy';
import { ReceiptSigner } from '@crossroads/transparency/nest';
import { Injectable } from '@nestjs/common';
import { journalEntryOf } from '../journal/access-record.message.js';
import { DeliveryJournal } from '../journal/delivery-journal.js';
import type { DecidedDelivery } from './decided-delivery.js';
import { deliveryBytes, deliveryPlace, type NumberedDelivery } from './delivery.message.js';

/** Gives decided deliveries their numbers, and stores them sealed until the relay has sent them. */
@Injectable()
export class DeliveryNumbering {
  constructor(
    private readonly journal: DeliveryJournal,
    private readonly sealer: SubjectSealer,
    private readonly signer: ReceiptSigner,
    private readonly clock: Clock,
  ) {}

  /**
   * In the caller's transaction. Drops deliveries that are stored already, numbers the others without a gap, and writes them
   * to the journal. The append to the journal wakes the relay once the transaction is committed.
   */
  async append(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const lastSequences = await this.lockSubscriptions(tx, deliveries);
    const known = await this.storedIdentities(tx, deliveries);
    const numbered: NumberedDelivery[] = [];
    for (const delivery of deliveries) {
      const last = lastSequences.get(delivery.subscriptionId);
      const identity = identityOf(delivery);
      if (last === undefined || known.has(identity)) continue;
      known.add(identity);
      lastSequences.set(delivery.subscriptionId, last + 1n);
      numbered.push({ delivery, sequence: last + 1n, entry: journalEntryOf(delivery, this.clock.now()) });
    }
    if (numbered.length === 0) return;
    await this.journal.append(
      tx,
      numbered.map(({ entry }) => entry),
    );
    await this.insert(tx, numbered);
    await tx.query(
      `update subscriptions s set last_sequence = n.last
       from unnest($1::uuid[], $2::bigint[]) as n (subscription_id, last) where s.subscription_id = n.subscription_id`,
      [[...lastSequences.keys()], [...lastSequences.values()]],
    );
  }

  /** The last number of each that is not closed. Rows are locked in the order of their ids, so that two batches cannot deadlock. */
  private async lockSubscriptions(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<Map<string, bigint>> {
    const rows = await tx.query<{ readonly subscription_id: string; readonly last_sequence: bigint }>(
      `select subscription_id, last_sequence from subscriptions
       where subscription_id = any($1::uuid[]) and state <> 'closed' order by subscription_id for update`,
      [[...new Set(deliveries.map(({ subscriptionId }) => subscriptionId))]],
    );
    return new Map(rows.map((row) => [row.subscription_id, row.last_sequence]));
  }

  private async storedIdentities(tx: Tx, deliveries: readonly DecidedDelivery[]): Promise<Set<string>> {
    const rows = await tx.query<Identity>(
      `select d.subscription_id as "subscriptionId", d.ce_source as "ceSource", d.ce_id as "ceId" from deliveries d
       join unnest($1::uuid[], $2::text[], $3::text[]) as n (subscription_id, ce_source, ce_id)
       using (subscription_id, ce_source, ce_id)`,
      [
        deliveries.map(({ subscriptionId }) => subscriptionId),
        deliveries.map(({ ceSource }) => ceSource),
        deliveries.map(({ ceId }) => ceId),
      ],
    );
    return new Set(rows.map(identityOf));
  }

  private async insert(tx: Tx, numbered: readonly NumberedDelivery[]): Promise<void> {
    const signedAt = this.clock.now();
    const bodies = await this.sealer.sealAllForSubjects(
      await Promise.all(
        numbered.map(async (one) => ({
          personId: one.entry.personId,
          value: deliveryBytes(one, await this.signer.sign(one.entry.record, signedAt)),
          aad: deliveryPlace(one.delivery.subscriptionId, one.sequence),
        })),
      ),
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
        numbered.map(({ entry }) => entry.personId),
        numbered.map(({ entry }) => entry.journalId),
        numbered.map(({ entry }) => entry.ticket),
        bodies,
        numbered.map(({ delivery }) => delivery.traceparent ?? null),
      ],
    );
  }
}

type Identity = Pick<DecidedDelivery, 'subscriptionId' | 'ceSource' | 'ceId'>;

const identityOf = ({ subscriptionId, ceSource, ceId }: Identity): string => `${subscriptionId}\n${ceSource}\n${ceId}`;
