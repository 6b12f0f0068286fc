import { Clock } from '@crossroads/configuration';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { DeliverySettings } from './delivery.settings.js';

const MAX_PERSONS = 1_000;
const DAY_MS = 86_400_000;

/** Deletes what mutations were compared with, once a mutation that comes so late is not recognised as a repetition either. */
@Injectable()
export class SnapshotPruning {
  constructor(
    private readonly db: Database,
    private readonly settings: DeliverySettings,
    private readonly clock: Clock,
  ) {}

  /** A batch. @returns how many were deleted: none when all is done */
  async prune(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - this.settings.DELIVERY_RETENTION_DAYS * DAY_MS);
    const deleted = await this.db.execute(PRUNE, [before]);
    return deleted > 0 ? deleted : this.db.execute(RELEASE, []);
  }
}

const PRUNE = {
  name: 'prune-snapshot-persons',
  text: `delete from snapshot_persons where (snapshot_id, person_id) in (
    select p.snapshot_id, p.person_id from snapshot_persons p join snapshots s using (snapshot_id)
    where s.ended and p.revision is not null and p.taken_at < $1 limit ${MAX_PERSONS})`,
};

/** Lanes whose snapshot has no persons left. In the order of the key, as everywhere. */
const RELEASE = {
  name: 'release-snapshot-lanes',
  text: `with empty as materialized (
      select l.subscription_id, l.lane from subscription_lanes l join snapshots s using (snapshot_id)
      where s.ended and not exists (select from snapshot_persons p where p.snapshot_id = s.snapshot_id)
      order by l.subscription_id, l.lane limit 16 for update of l skip locked)
    update subscription_lanes l set snapshot_id = null from empty
    where l.subscription_id = empty.subscription_id and l.lane = empty.lane`,
};
