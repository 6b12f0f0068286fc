import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { type IndexedSubscription, SubscriptionIndex } from './subscription-index.js';

type Row = IndexedSubscription & { readonly state: 'open' | 'paused' | 'closed' };

/** One row without a subscription when nothing has changed. */
type ChangedRow = (Row | { readonly subscriptionId: null }) & { readonly horizon: bigint };

const CHANGED = {
  name: 'changed-subscriptions',
  text: `select now.horizon, s.subscription_id as "subscriptionId", s.institution,
      s.inscription_context as "inscriptionContext", s.data_service as "dataService", s.legal_context as "legalContext",
      s.all_inscribed as "allInscribed", s.lane_count as "laneCount", s.content, s.field_groups as "fieldGroups", s.encoding, s.state
    from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) as now
    left join subscriptions s on s.changed_by >= $1::text::xid8`,
};

/** The subscriptions that are not closed, in memory. */
@Injectable()
export class LiveSubscriptions {
  private readonly index = new SubscriptionIndex();
  /** What was committed later has this transaction id or a higher one. */
  private horizon = 0n;
  private running: Promise<unknown> = Promise.resolve();
  private queued: Promise<SubscriptionIndex> | undefined;

  constructor(private readonly db: Database) {}

  /** The index with all that was committed before this call. Those who wait for the same statement share the next one. */
  fresh(): Promise<SubscriptionIndex> {
    this.queued ??= this.running.then(() => {
      this.queued = undefined;
      const reading = this.read();
      // One after the other: an older answer must not overwrite a newer one.
      this.running = reading.catch(() => undefined);
      return reading;
    });
    return this.queued;
  }

  private async read(): Promise<SubscriptionIndex> {
    const rows = await this.changed();
    for (const row of rows) {
      if (row.subscriptionId === null) continue;
      if (row.state === 'closed') this.index.remove(row.subscriptionId);
      else this.index.put(row);
    }
    return this.index;
  }

  private async changed(): Promise<ChangedRow[]> {
    const since = await this.db.query<ChangedRow>(CHANGED, [String(this.horizon)]);
    const horizon = since[0]?.horizon ?? 0n;
    if (horizon >= this.horizon) {
      this.horizon = horizon;
      return since;
    }
    // The database is an older copy: what its transactions have not done yet is forgotten.
    this.horizon = 0n;
    const all = await this.db.query<ChangedRow>(CHANGED, ['0']);
    this.index.clear();
    this.horizon = all[0]?.horizon ?? 0n;
    return all;
  }
}
