import type { Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import type { Numberable, SnapshotJoin } from '../delivery/decided-delivery.js';
import { type JoinState, joinOf } from './join.rules.js';

interface Asked {
  readonly delivery: Numberable;
  readonly snapshotId: string;
  readonly join: SnapshotJoin;
}

interface Held {
  readonly snapshotId: string;
  readonly personId: string;
  readonly lane: number;
  readonly revision: bigint;
}

type Row = JoinState & { readonly n: number };

/**
 * Which mutations are left to snapshots. In the transaction that has locked their lanes: a person comes in a transaction that
 * locks the same lane, so either the mutation sees that the person has come, or the person is taken with a revision that is not below
 * that of the mutation.
 */
@Injectable()
export class SnapshotJoins {
  async inSnapshots(
    tx: Tx,
    deliveries: readonly Numberable[],
    snapshotOf: (delivery: Numberable) => string | null | undefined,
  ): Promise<ReadonlySet<Numberable>> {
    const asked: Asked[] = [];
    for (const delivery of deliveries) {
      const { join } = delivery;
      const snapshotId = join && snapshotOf(delivery);
      if (join && snapshotId) asked.push({ delivery, snapshotId, join });
    }
    if (asked.length === 0) return NONE;
    const dropped = new Set<Numberable>();
    const held = new Map<string, Held>();
    for (const { n, ...state } of await this.states(tx, asked)) {
      const one = asked[n];
      if (!one) continue;
      const { delivery, snapshotId, join } = one;
      const outcome = joinOf(state, join.revision);
      if (outcome === 'delivered') continue;
      dropped.add(delivery);
      if (outcome === 'contained') continue;
      const key = `${snapshotId} ${join.personId}`;
      const known = held.get(key)?.revision ?? 0n;
      const revision = join.revision > known ? join.revision : known;
      held.set(key, { snapshotId, personId: join.personId, lane: delivery.lane, revision });
    }
    await this.hold(tx, [...held.values()]);
    return dropped;
  }

  private states(tx: Tx, asked: readonly Asked[]): Promise<Row[]> {
    return tx.query<Row>(STATES, [
      asked.map((_, n) => n),
      asked.map(({ snapshotId }) => snapshotId),
      asked.map(({ join }) => join.personId),
      asked.map(({ join }) => join.personIds.join(' ')),
    ]);
  }

  private async hold(tx: Tx, held: readonly Held[]): Promise<void> {
    if (held.length === 0) return;
    await tx.query(HOLD, [
      held.map(({ snapshotId }) => snapshotId),
      held.map(({ personId }) => personId),
      held.map(({ lane }) => lane),
      held.map(({ revision }) => revision),
    ]);
  }
}

const NONE: ReadonlySet<Numberable> = new Set();

const STATES = {
  name: 'snapshot-joins',
  text: `select a.n, s.listed, o.person_id is not null as "isKnown", o.revision,
      exists (select from snapshot_persons p where p.snapshot_id = a.snapshot_id and p.revision is null
        and p.person_id = any(string_to_array(a.ids, ' ')::uuid[])) as "isOutstandingAsOther"
    from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[]) as a (n, snapshot_id, person_id, ids)
    join snapshots s using (snapshot_id)
    left join snapshot_persons o on o.snapshot_id = a.snapshot_id and o.person_id = a.person_id`,
};

/** In the order of the key, as everywhere. */
const HOLD = {
  name: 'hold-for-snapshot',
  text: `insert into snapshot_persons (snapshot_id, person_id, lane, held)
    select * from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[]) as n (snapshot_id, person_id, lane, held)
    order by snapshot_id, person_id
    on conflict (snapshot_id, person_id) do update set held = greatest(snapshot_persons.held, excluded.held)`,
};
