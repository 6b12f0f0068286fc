import { Database } from '@crossroads/database';
import { Batcher } from '@crossroads/eventsourcing';
import { Injectable } from '@nestjs/common';
import type { StoredDelivery } from '../delivery/delivery-claims.js';

/** How far a lane is on the topic. */
export interface SentLane {
  readonly lane: number;
  readonly sentSequence: bigint;
  readonly lastSequence: bigint;
  /** Its closing notice is numbered. */
  readonly closed: boolean;
}

/** The first number of a lane that was made at an instant or later. */
interface FirstOfLane {
  readonly lane: number;
  readonly first: bigint;
}

/** Of one lane at once: all that a stream holds in memory besides what is on its way to the reader. */
const PAGE_SIZE = 64;

/** Reads deliveries that are on the topics. */
@Injectable()
export class SentDeliveries {
  /** Many streams wait: they share one statement. */
  private readonly lanes: Batcher<string, readonly SentLane[]>;

  constructor(private readonly db: Database) {
    this.lanes = new Batcher((ids) => this.readLanes(ids), { maxInFlight: 1 });
  }

  /** The institution whose subscription it is. */
  async subscriberOf(subscriptionId: string): Promise<string | undefined> {
    const rows = await this.db.query<{ readonly institution: string }>(
      'select institution from subscriptions where subscription_id = $1',
      [subscriptionId],
    );
    return rows[0]?.institution;
  }

  /** As read after this call, in their order. */
  lanesOf(subscriptionId: string): Promise<readonly SentLane[]> {
    return this.lanes.load(subscriptionId);
  }

  /** One more than the last for a lane without any. */
  async firstSince(subscriptionId: string, time: Date): Promise<Map<number, bigint>> {
    const rows = await this.db.query<FirstOfLane>(FIRST_SINCE, [subscriptionId, time]);
    return new Map(rows.map(({ lane, first }) => [lane, first]));
  }

  page(subscriptionId: string, lane: number, after: bigint, upTo: bigint): Promise<StoredDelivery[]> {
    return this.db.query<StoredDelivery>(PAGE, [subscriptionId, lane, after, upTo]);
  }

  private async readLanes(subscriptionIds: readonly string[]): Promise<SentLane[][]> {
    const rows = await this.db.query<SentLane & { readonly subscriptionId: string }>(LANES, [
      [...new Set(subscriptionIds)],
    ]);
    const found = Map.groupBy(rows, ({ subscriptionId }) => subscriptionId);
    return subscriptionIds.map((id) => found.get(id) ?? []);
  }
}

const LANES = {
  name: 'sent-lanes',
  text: `select subscription_id as "subscriptionId", lane, relayed_sequence as "sentSequence",
      last_sequence as "lastSequence", closed
    from subscription_lanes where subscription_id = any($1::uuid[]) order by subscription_id, lane`,
};

const FIRST_SINCE = {
  name: 'first-delivery-since',
  text: `select l.lane, coalesce(min(d.sequence), l.last_sequence + 1) as first
    from subscription_lanes l left join deliveries d
      on d.subscription_id = l.subscription_id and d.lane = l.lane and d.created_at >= $2
    where l.subscription_id = $1 group by l.lane, l.last_sequence`,
};

const PAGE = {
  name: 'sent-deliveries',
  text: `select subscription_id as "subscriptionId", lane, sequence, person_id as "personId", journal_id as "journalId", body,
      replay_id as "replayId", replay_of as "replayOf"
    from deliveries where subscription_id = $1 and lane = $2 and sequence > $3 and sequence <= $4
    order by sequence limit ${PAGE_SIZE}`,
};
