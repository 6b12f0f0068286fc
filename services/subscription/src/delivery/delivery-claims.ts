import { randomUUID } from 'node:crypto';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { SubscriptionWithTerms } from '../subscription/subscription-queries.js';

/** A delivery with its number; without a person it is about the subscription itself. */
export interface StoredDelivery {
  readonly subscriptionId: string;
  readonly lane: number;
  readonly sequence: bigint;
  readonly personId: string | null;
  readonly journalId: string | null;
  readonly body: string;
  readonly replayId: string | null;
  readonly replayOf: bigint | null;
}

/** A delivery that is to be sent. */
export interface PendingDelivery extends StoredDelivery {
  readonly createdAt: Date;
  readonly traceparent: string | null;
  readonly encoding: 'protobuf' | 'json';
  /** It is a closing notice. */
  readonly closes: boolean;
}

/** Numbers of one lane that this process may send now: those after `relayedSequence`, up to `upTo`. */
export interface ClaimedLane extends SubscriptionWithTerms {
  readonly fieldGroups: readonly string[];
  readonly lane: number;
  readonly relayedSequence: bigint;
  readonly upTo: bigint;
  /** An earlier attempt may have sent them. */
  readonly again: boolean;
}

/** Of one claim: kafkajs encodes a request in one go, which takes the event loop about 20 ms for so many. */
const MAX_DELIVERIES = 1_000;
/** Of one lane: as many may count as delivered when a grant is lost. */
const MAX_OF_LANE = 500;

/**
 * Which deliveries are being sent. `relaying_sequence` is written before sending: up to there a delivery may be on the topic,
 * whatever became of the process that sent it, so its number can never get another content.
 */
@Injectable()
export class DeliveryClaims {
  /** Of this process and start. A process that has lost its share without noticing no longer matches `subscription_lanes.relay`. */
  private readonly relay = randomUUID();

  constructor(private readonly db: Database) {}

  /**
   * What an earlier attempt may have sent is claimed alone: while the broker is away, the claim does not grow.
   * @param without institutions to which this process is still sending
   */
  claim(shards: readonly number[], without: readonly string[]): Promise<ClaimedLane[]> {
    return this.db.query<ClaimedLane>(CLAIM, [shards, without, this.relay]);
  }

  async pending(lanes: readonly ClaimedLane[]): Promise<PendingDelivery[]> {
    return this.db.query<PendingDelivery>(PENDING, [
      ...keysOf(lanes),
      lanes.map((one) => one.relayedSequence),
      lanes.map((one) => one.upTo),
    ]);
  }

  /** Nothing of the claims was sent: what no earlier attempt may have sent either can still be withheld. */
  async release(lanes: readonly ClaimedLane[]): Promise<void> {
    const fresh = lanes.filter(({ again }) => !again);
    if (fresh.length > 0)
      await this.db.query(RELEASE, [...keysOf(fresh), fresh.map((one) => one.relayedSequence), this.relay]);
  }

  /** All of the claims is on the topic. */
  async confirm(lanes: readonly ClaimedLane[]): Promise<void> {
    if (lanes.length > 0) await this.db.query(CONFIRM, [...keysOf(lanes), lanes.map((one) => one.upTo), this.relay]);
  }
}

const keysOf = (lanes: readonly ClaimedLane[]) => [
  lanes.map(({ subscriptionId }) => subscriptionId),
  lanes.map(({ lane }) => lane),
];

/**
 * Lanes with few deliveries get them all; the others share equally what is left. So neither does a busy lane hold up the others, nor do
 * many lanes with one delivery each hold up a busy one. The state is a scalar subquery, since PostgreSQL expects a third of all lanes to be
 * waiting, and would join all subscriptions. Rows are locked in the order of their keys, as everywhere: otherwise two transactions could
 * deadlock.
 */
const CLAIM = {
  name: 'claim-deliveries',
  text: `with waiting as materialized (
      select l.subscription_id, l.lane, least(${MAX_OF_LANE}, l.last_sequence - l.relayed_sequence) as size
      from subscription_lanes l
      where l.relayed_sequence < l.last_sequence and l.shard = any($1::smallint[]) and l.institution <> all($2::text[])
        and (select s.state from subscriptions s where s.subscription_id = l.subscription_id) <> 'paused'
      limit ${MAX_DELIVERIES}
    ), ranked as (
      select size, sum(size) over smaller + size * (count(*) over () - row_number() over smaller) <= ${MAX_DELIVERIES} as fits
      from waiting window smaller as (order by size, subscription_id, lane rows unbounded preceding)
    ), share as (
      select greatest(1, max(size) filter (where fits),
        floor((${MAX_DELIVERIES} - coalesce(sum(size) filter (where fits), 0)) / nullif(count(*) filter (where not fits), 0)))::bigint as size
      from ranked
    ), locked as materialized (
      select subscription_id, lane, relayed_sequence, relaying_sequence, last_sequence
      from subscription_lanes where (subscription_id, lane) in (select subscription_id, lane from waiting)
      order by subscription_id, lane for update
    ), claimed as (
      update subscription_lanes l set relay = $3,
        relaying_sequence = case when o.relaying_sequence > o.relayed_sequence then o.relaying_sequence
          else least(o.last_sequence, o.relayed_sequence + least(${MAX_OF_LANE}, share.size)) end
      from locked o, share where l.subscription_id = o.subscription_id and l.lane = o.lane
      returning l.subscription_id, l.lane, l.relayed_sequence, l.relaying_sequence,
        o.relaying_sequence > o.relayed_sequence as again
    )
    select c.subscription_id as "subscriptionId", s.institution, s.inscription_context as "inscriptionContext",
      s.data_service as "dataService", s.legal_context as "legalContext", s.field_groups as "fieldGroups", c.lane,
      c.relayed_sequence as "relayedSequence", c.relaying_sequence as "upTo", c.again
    from claimed c join subscriptions s using (subscription_id) where c.relayed_sequence < c.relaying_sequence`,
};

const PENDING = {
  name: 'claimed-deliveries',
  text: `select d.subscription_id as "subscriptionId", d.lane, d.sequence, d.person_id as "personId",
      d.journal_id as "journalId", d.body, d.created_at as "createdAt", d.traceparent,
      d.replay_id as "replayId", d.replay_of as "replayOf", d.encoding, d.ce_source = 'closing' as closes
    from unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bigint[]) as n (subscription_id, lane, after, up_to)
    join deliveries d on d.subscription_id = n.subscription_id and d.lane = n.lane
      and d.sequence > n.after and d.sequence <= n.up_to
    order by d.subscription_id, d.lane, d.sequence`,
};

const LOCKED = `locked as materialized (
    select l.subscription_id, l.lane, n.sequence
    from unnest($1::uuid[], $2::smallint[], $3::bigint[]) as n (subscription_id, lane, sequence)
    join subscription_lanes l using (subscription_id, lane) where l.relay = $4
    order by l.subscription_id, l.lane for update of l)`;

const RELEASE = {
  name: 'release-deliveries',
  text: `with ${LOCKED} update subscription_lanes l set relaying_sequence = o.sequence
    from locked o where l.subscription_id = o.subscription_id and l.lane = o.lane and l.relay = $4`,
};

const CONFIRM = {
  name: 'confirm-deliveries',
  text: `with ${LOCKED} update subscription_lanes l set relayed_sequence = o.sequence
    from locked o where l.subscription_id = o.subscription_id and l.lane = o.lane and l.relay = $4`,
};
