import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { DeliverySettings } from './delivery.settings.js';

/** Lanes in one statement, and deliveries of each. */
const MAX_LANES = 20;
const MAX_DELIVERIES = 250;
const DAY_MS = 86_400_000;

/** Deletes deliveries that are older than replay is offered. */
@Injectable()
export class DeliveryPruning {
  constructor(
    private readonly db: Database,
    private readonly settings: DeliverySettings,
    private readonly clock: Clock,
  ) {}

  /** A batch; lanes that somebody is writing to come later. @returns how many were deleted: none when all is done */
  async prune(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - this.settings.DELIVERY_RETENTION_DAYS * DAY_MS);
    return this.db.execute(PRUNE, [before]);
  }

  /** In seconds, of the oldest delivery that is kept; undefined without any. */
  async oldest(): Promise<number | undefined> {
    const [row] = await this.db.query<{ readonly seconds: number | null }>(OLDEST, [this.clock.now()]);
    return row?.seconds ?? undefined;
  }
}

/** The first delivery of each lane that is left. */
const FIRST = `subscription_lanes l join deliveries f
  on f.subscription_id = l.subscription_id and f.lane = l.lane and f.sequence = l.pruned_sequence + 1`;

/**
 * From the beginning of each lane up to the first delivery that is younger, never beyond what is on the topic: so that what is left
 * has no gap, whatever the clock did.
 */
const PRUNE = {
  name: 'prune-deliveries',
  text: `with due as materialized (
      select l.subscription_id, l.lane, l.pruned_sequence as pruned, l.relayed_sequence as relayed
      from ${FIRST} where f.created_at < $1 and l.pruned_sequence < l.relayed_sequence
      order by l.subscription_id, l.lane limit ${MAX_LANES} for update of l skip locked
    ), ended as materialized (
      select due.subscription_id, due.lane, due.pruned, least(due.relayed, due.pruned + ${MAX_DELIVERIES}, (
          select min(d.sequence) - 1 from deliveries d
          where d.subscription_id = due.subscription_id and d.lane = due.lane and d.created_at >= $1
            and d.sequence > due.pruned and d.sequence <= due.pruned + ${MAX_DELIVERIES}
        )) as up_to
      from due
    ), noted as (
      update subscription_lanes l set pruned_sequence = ended.up_to from ended
      where l.subscription_id = ended.subscription_id and l.lane = ended.lane
    )
    delete from deliveries d using ended
    where d.subscription_id = ended.subscription_id and d.lane = ended.lane
      and d.sequence > ended.pruned and d.sequence <= ended.up_to`,
};

const OLDEST = {
  name: 'oldest-delivery',
  text: `select extract(epoch from $1::timestamptz - min(f.created_at))::float8 as seconds from ${FIRST}`,
};
