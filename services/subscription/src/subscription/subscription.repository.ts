import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Not, Repository } from 'typeorm';
import { SubscriptionEntity } from './subscription.entity.js';

export type NewSubscriptionRow = Omit<
  SubscriptionEntity,
  'state' | 'lastSequence' | 'closingReason' | 'allInscribed' | 'namedPersons'
>;

@Injectable()
export class SubscriptionRepository {
  constructor(@InjectRepository(SubscriptionEntity) private readonly subscriptions: Repository<SubscriptionEntity>) {}

  find(subscriptionId: string): Promise<SubscriptionEntity | null> {
    return this.subscriptions.findOneBy({ subscriptionId });
  }

  /** Locks the row, so that no delivery is numbered until the transaction ends. */
  findForUpdate(tx: Tx, subscriptionId: string): Promise<SubscriptionEntity | null> {
    return this.in(tx).findOne({ where: { subscriptionId }, lock: { mode: 'pessimistic_write' } });
  }

  /** In the order of the ids, after one of them. */
  page(institution: string, after: string | undefined, limit: number): Promise<SubscriptionEntity[]> {
    return this.subscriptions.find({
      where: { institution, ...(after === undefined ? {} : { subscriptionId: MoreThan(after) }) },
      order: { subscriptionId: 'ASC' },
      take: limit,
    });
  }

  /** Institutions with a subscription that is not closed. */
  async subscribers(): Promise<string[]> {
    const rows = await this.subscriptions
      .createQueryBuilder('subscription')
      .select('distinct institution', 'institution')
      .where({ state: Not('closed') })
      .getRawMany<{ readonly institution: string }>();
    return rows.map(({ institution }) => institution);
  }

  /** @param personIds absent: all whom the institution has inscribed */
  async insert(tx: Tx, row: NewSubscriptionRow, personIds: readonly string[] | undefined): Promise<void> {
    await this.in(tx).insert({
      ...row,
      state: 'open',
      allInscribed: personIds === undefined,
      namedPersons: personIds?.length ?? 0,
      lastSequence: 0n,
    });
    // One statement for up to a thousand persons.
    if (personIds?.length)
      await tx.query('insert into subscription_persons (subscription_id, person_id) select $1, unnest($2::uuid[])', [
        row.subscriptionId,
        personIds,
      ]);
  }

  async setState(tx: Tx, subscriptionId: string, state: 'open' | 'paused'): Promise<void> {
    await this.in(tx).update({ subscriptionId }, { state });
  }

  private in(tx: Tx): Repository<SubscriptionEntity> {
    return tx.manager.withRepository(this.subscriptions);
  }
}
