import type { Lane } from '@crossroads/contracts/subscription/v1/subscription_service';
import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { DeliveryOptions } from './grant-decision.rules.js';
import { shardOf } from './relay-shard.js';
import { SubscriptionEntity } from './subscription.entity.js';

export type NewSubscriptionRow = Omit<SubscriptionEntity, 'state' | 'closingReason' | 'allInscribed' | 'namedPersons'>;

@Injectable()
export class SubscriptionRepository {
  constructor(@InjectRepository(SubscriptionEntity) private readonly subscriptions: Repository<SubscriptionEntity>) {}

  find(subscriptionId: string): Promise<SubscriptionEntity | null> {
    return this.subscriptions.findOneBy({ subscriptionId });
  }

  findForUpdate(tx: Tx, subscriptionId: string): Promise<SubscriptionEntity | null> {
    return this.in(tx).findOne({ where: { subscriptionId }, lock: { mode: 'pessimistic_write' } });
  }

  /** How far the deliveries of each subscription are. */
  async lanesOf(subscriptionIds: readonly string[]): Promise<Map<string, readonly Lane[]>> {
    const rows = await this.subscriptions.manager.query<(Lane & { readonly subscriptionId: string })[]>(
      `select subscription_id as "subscriptionId", lane, last_sequence as "lastSequence", relayed_sequence as "sentSequence",
         pruned_sequence + 1 as "firstSequence"
       from subscription_lanes where subscription_id = any($1::uuid[]) order by subscription_id, lane`,
      [subscriptionIds],
    );
    const lanes = new Map<string, Lane[]>();
    for (const { subscriptionId, ...lane } of rows) {
      const known = lanes.get(subscriptionId);
      if (known) known.push(lane);
      else lanes.set(subscriptionId, [lane]);
    }
    return lanes;
  }

  /** In the order of the ids, after one of them. */
  page(institution: string, after: string | undefined, limit: number): Promise<SubscriptionEntity[]> {
    return this.subscriptions.find({
      where: { institution, ...(after === undefined ? {} : { subscriptionId: MoreThan(after) }) },
      order: { subscriptionId: 'ASC' },
      take: limit,
    });
  }

  /** @param personIds absent: all whom the institution has inscribed */
  async insert(tx: Tx, row: NewSubscriptionRow, personIds: readonly string[] | undefined): Promise<void> {
    await this.in(tx).insert({
      ...row,
      state: 'open',
      allInscribed: personIds === undefined,
      namedPersons: personIds?.length ?? 0,
    });
    const lanes = Array.from({ length: row.laneCount }, (_, lane) => lane);
    await tx.query(
      `insert into subscription_lanes (subscription_id, institution, lane, shard)
       select $1, $2, * from unnest($3::smallint[], $4::smallint[])`,
      [row.subscriptionId, row.institution, lanes, lanes.map((lane) => shardOf(row.institution, lane))],
    );
    // One statement for up to a thousand persons.
    if (personIds?.length)
      await tx.query('insert into subscription_persons (subscription_id, person_id) select $1, unnest($2::uuid[])', [
        row.subscriptionId,
        personIds,
      ]);
  }

  async setOptions(tx: Tx, subscriptionId: string, { content, fieldGroups, encoding }: DeliveryOptions): Promise<void> {
    await this.in(tx).update({ subscriptionId }, { content, fieldGroups: [...fieldGroups], encoding });
  }

  async setState(tx: Tx, subscriptionId: string, state: 'open' | 'paused'): Promise<void> {
    await this.in(tx).update({ subscriptionId }, { state });
  }

  private in(tx: Tx): Repository<SubscriptionEntity> {
    return tx.manager.withRepository(this.subscriptions);
  }
}
