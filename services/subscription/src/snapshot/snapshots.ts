import { Clock } from '@crossroads/configuration';
import type { Snapshot } from '@crossroads/contracts/subscription/v1/subscription_service';
import { Database, type Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { laneOfPerson } from './person-lanes.js';

export interface NewSnapshot {
  readonly snapshotId: string;
  readonly subscriptionId: string;
  /** False: the persons that the subscription names, who are stored in the same transaction or before. */
  readonly allInscribed: boolean;
}

/** Begins snapshots, and shows how far they are. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * In the caller's transaction, which has locked no lane of this subscription yet. From then on mutations are compared with it: what
   * was numbered before came before it. Once for each id.
   */
  async begin(tx: Tx, { snapshotId, subscriptionId, allInscribed }: NewSnapshot): Promise<void> {
    const lanes = await tx.query<{ readonly lane: number }>(LOCK_LANES, [subscriptionId]);
    const begun = await tx.query(
      `insert into snapshots (snapshot_id, subscription_id, requested_at, listed) values ($1, $2, $3, $4)
       on conflict do nothing returning snapshot_id`,
      [snapshotId, subscriptionId, this.clock.now(), !allInscribed],
    );
    if (begun.length === 0) return;
    await tx.query(
      'update snapshots set abandoned = true where subscription_id = $1 and snapshot_id <> $2 and not ended',
      [subscriptionId, snapshotId],
    );
    await tx.query('update subscription_lanes set snapshot_id = $2 where subscription_id = $1', [
      subscriptionId,
      snapshotId,
    ]);
    await tx.query('insert into snapshot_lanes (snapshot_id, lane) select $1, unnest($2::smallint[])', [
      snapshotId,
      lanes.map(({ lane }) => lane),
    ]);
    if (!allInscribed) await this.addNamed(tx, snapshotId, subscriptionId, lanes.length);
  }

  /** The last one of a subscription. */
  async of(subscriptionId: string): Promise<Snapshot | undefined> {
    const [row] = await this.db.query<Snapshot>(LAST_OF_SUBSCRIPTION, [subscriptionId]);
    return row;
  }

  private async addNamed(tx: Tx, snapshotId: string, subscriptionId: string, laneCount: number): Promise<void> {
    const rows = await tx.query<{ readonly personId: string }>(
      'select person_id as "personId" from subscription_persons where subscription_id = $1',
      [subscriptionId],
    );
    await this.add(
      tx,
      snapshotId,
      rows.map(({ personId }) => personId),
      laneCount,
    );
  }

  /** Persons who are to come. Those who are known stay as they are. */
  async add(tx: Tx, snapshotId: string, personIds: readonly string[], laneCount: number): Promise<void> {
    const ids = [...new Set(personIds)].sort();
    await tx.query(
      `insert into snapshot_persons (snapshot_id, person_id, lane)
       select $1, * from unnest($2::uuid[], $3::smallint[]) on conflict do nothing`,
      [snapshotId, ids, ids.map((personId) => laneOfPerson(personId, laneCount))],
    );
  }
}

const LOCK_LANES = `select lane from subscription_lanes where subscription_id = $1 order by subscription_id, lane for update`;

const LAST_OF_SUBSCRIPTION = {
  name: 'snapshot-of-subscription',
  text: `select s.snapshot_id as "snapshotId", s.requested_at as "requestTime", s.listed, s.ended and not s.abandoned as ended,
      l.delivered, l.withheld, o.outstanding, o.waiting as "waitingForSource"
    from (select * from snapshots where subscription_id = $1 order by requested_at desc, abandoned limit 1) s
    cross join lateral (select sum(delivered)::bigint as delivered, sum(withheld)::bigint as withheld
      from snapshot_lanes where snapshot_id = s.snapshot_id) l
    cross join lateral (select count(*) as outstanding, count(*) filter (where waiting) as waiting
      from snapshot_persons where snapshot_id = s.snapshot_id and revision is null) o`,
};
