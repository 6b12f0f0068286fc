import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { DeliveryJournal } from '../journal/delivery-journal.js';
import { SnapshotJoins } from '../snapshot/snapshot-joins.js';
import type { Numberable } from './decided-delivery.js';
import { RelayHints } from './relay-hints.js';

type NumberedDelivery = Numberable & { readonly sequence: bigint };

/** Of one statement: writing its parameters takes the event loop about 15 ms. */
const CHUNK_SIZE = 500;

/** Gives deliveries their numbers, and stores them. */
@Injectable()
export class DeliveryNumbering {
  constructor(
    private readonly journal: DeliveryJournal,
    private readonly joins: SnapshotJoins,
    private readonly hints: RelayHints,
  ) {}

  /**
   * In the caller's transaction. Drops deliveries that are stored already or whose subscription is closed, numbers the others of
   * each lane without a gap, and writes them to the journal. What a snapshot holds, or will hold, is dropped as well.
   */
  async append(tx: Tx, deliveries: readonly Numberable[]): Promise<void> {
    if (deliveries.length === 0) return;
    const lanes = await this.lockLanes(tx, deliveries);
    const known = await this.storedIdentities(tx, deliveries);
    const inSnapshots = await this.joins.inSnapshots(tx, deliveries, (one) => lanes.get(keyOf(one))?.snapshotId);
    const numbered: NumberedDelivery[] = [];
    for (const delivery of deliveries) {
      const lane = lanes.get(keyOf(delivery));
      const identity = identityOf(delivery);
      if (lane === undefined || known.has(identity) || inSnapshots.has(delivery)) continue;
      known.add(identity);
      lane.lastSequence += 1n;
      numbered.push({ ...delivery, sequence: lane.lastSequence });
    }
    if (numbered.length === 0) return;
    for (let from = 0; from < numbered.length; from += CHUNK_SIZE)
      await this.store(tx, numbered.slice(from, from + CHUNK_SIZE));
    const changed = [...new Map(numbered.map((one) => [keyOf(one), one])).values()];
    await tx.query(UPDATE_LANES, [
      changed.map(({ subscriptionId }) => subscriptionId),
      changed.map(({ lane }) => lane),
      changed.map((one) => lanes.get(keyOf(one))?.lastSequence ?? one.sequence),
    ]);
    tx.afterCommit(() => this.hints.numbered());
  }

  /** The lanes that are not closed. Rows are locked in the order of their keys, so that two transactions cannot deadlock. */
  private async lockLanes(tx: Tx, deliveries: readonly Numberable[]): Promise<Map<string, OpenLane>> {
    const asked = [...new Map(deliveries.map((one) => [keyOf(one), one])).values()];
    const rows = await tx.query<OpenLane>(LOCK_LANES, [
      asked.map(({ subscriptionId }) => subscriptionId),
      asked.map(({ lane }) => lane),
    ]);
    return new Map(rows.map((row) => [keyOf(row), row]));
  }

  private async storedIdentities(tx: Tx, deliveries: readonly Numberable[]): Promise<Set<string>> {
    const rows = await tx.query<Identity>(STORED_IDENTITIES, [
      deliveries.map(({ subscriptionId }) => subscriptionId),
      deliveries.map(({ ceSource }) => ceSource),
      deliveries.map(({ ceId }) => ceId),
    ]);
    return new Set(rows.map(identityOf));
  }

  private async store(tx: Tx, numbered: readonly NumberedDelivery[]): Promise<void> {
    const accesses = numbered.flatMap(({ access }) => access ?? []);
    if (accesses.length > 0) await this.journal.append(tx, accesses);
    await tx.query(INSERT_DELIVERIES, [
      numbered.map(({ subscriptionId }) => subscriptionId),
      numbered.map(({ lane }) => lane),
      numbered.map(({ sequence }) => sequence),
      numbered.map(({ ceSource }) => ceSource),
      numbered.map(({ ceId }) => ceId),
      numbered.map(({ access }) => access?.entry.personId ?? null),
      numbered.map(({ access }) => access?.entry.journalId ?? null),
      numbered.map(({ access }) => access?.entry.ticket ?? null),
      numbered.map(({ body }) => body),
      numbered.map(({ traceparent }) => traceparent ?? null),
      numbered.map(({ replayOf }) => replayOf?.replayId ?? null),
      numbered.map(({ replayOf }) => replayOf?.sequence ?? null),
    ]);
  }
}

interface OpenLane {
  readonly subscriptionId: string;
  readonly lane: number;
  /** While mutations are compared with what a snapshot holds. */
  readonly snapshotId: string | null;
  lastSequence: bigint;
}

const LOCK_LANES = {
  name: 'lock-subscription-lanes',
  text: `select subscription_id as "subscriptionId", lane, last_sequence as "lastSequence", snapshot_id as "snapshotId" from subscription_lanes
    where (subscription_id, lane) in (select * from unnest($1::uuid[], $2::smallint[])) and not closed
    order by subscription_id, lane for update`,
};

const STORED_IDENTITIES = {
  name: 'stored-deliveries',
  text: `select d.subscription_id as "subscriptionId", d.ce_source as "ceSource", d.ce_id as "ceId" from deliveries d
    join unnest($1::uuid[], $2::text[], $3::text[]) as n (subscription_id, ce_source, ce_id)
    using (subscription_id, ce_source, ce_id)`,
};

const INSERT_DELIVERIES = {
  name: 'insert-deliveries',
  text: `insert into deliveries
      (subscription_id, lane, sequence, ce_source, ce_id, person_id, journal_id, ticket, body, traceparent,
      replay_id, replay_of, encoding)
    select n.*, s.encoding
    from unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
      $8::text[], $9::text[], $10::text[], $11::uuid[], $12::bigint[]) as n (subscription_id)
    join subscriptions s on s.subscription_id = n.subscription_id`,
};

const UPDATE_LANES = {
  name: 'number-deliveries',
  text: `update subscription_lanes l set last_sequence = n.last
    from unnest($1::uuid[], $2::smallint[], $3::bigint[]) as n (subscription_id, lane, last)
    where l.subscription_id = n.subscription_id and l.lane = n.lane`,
};

type Identity = Pick<Numberable, 'subscriptionId' | 'ceSource' | 'ceId'>;

const identityOf = ({ subscriptionId, ceSource, ceId }: Identity): string => `${subscriptionId}\n${ceSource}\n${ceId}`;

const keyOf = ({ subscriptionId, lane }: Pick<Numberable, 'subscriptionId' | 'lane'>): string =>
  `${subscriptionId} ${lane}`;
