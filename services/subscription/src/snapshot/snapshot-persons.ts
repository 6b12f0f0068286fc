import { Database, type Tx } from '@crossroads/database';
import { Injectable } from '@nestjs/common';

/** A person who has not come. */
export interface OutstandingPerson {
  readonly personId: string;
  readonly lane: number;
  /** The highest revision of a mutation that was left to the snapshot. */
  readonly held: bigint;
  /** The sealed record of an access that was begun. */
  readonly intent: string | null;
}

export interface TakenPerson extends Pick<OutstandingPerson, 'personId' | 'intent'> {
  readonly revision: bigint;
}

/**
 * The rows of a snapshot. They are changed by transactions that have locked the lanes of their persons, as those that number mutations
 * have: so the two come one behind the other.
 */
@Injectable()
export class SnapshotPersons {
  constructor(private readonly db: Database) {}

  /** In the order in which they are due. */
  due(snapshotId: string, limit: number): Promise<OutstandingPerson[]> {
    return this.db.query<OutstandingPerson>(DUE, [snapshotId, limit]);
  }

  /** Whether or not they are due. */
  all(snapshotId: string, limit: number): Promise<OutstandingPerson[]> {
    return this.db.query<OutstandingPerson>(ALL, [snapshotId, limit]);
  }

  /** In a transaction, with the lanes among these that are not closed, locked. */
  inLanes<Result>(
    subscriptionId: string,
    lanes: readonly number[],
    work: (tx: Tx, open: ReadonlySet<number>) => Promise<Result>,
  ): Promise<Result> {
    return this.db.transaction(async (tx) => {
      const rows = await tx.query<{ readonly lane: number; readonly closed: boolean }>(LOCK, [
        subscriptionId,
        [...new Set(lanes)],
      ]);
      return work(tx, new Set(rows.flatMap(({ lane, closed }) => (closed ? [] : lane))));
    });
  }

  async intend(
    tx: Tx,
    snapshotId: string,
    intents: readonly { readonly personId: string; readonly intent: string }[],
  ): Promise<ReadonlySet<string>> {
    const rows = await tx.query<PersonRow>(INTEND, [
      snapshotId,
      intents.map(({ personId }) => personId),
      intents.map(({ intent }) => intent),
    ]);
    return idsOf(rows);
  }

  /**
   * Notes that persons have come. Not those of whom a younger mutation was left to the snapshot meanwhile: the source is asked
   * again. @returns the ids of those who have come
   */
  async take(tx: Tx, snapshotId: string, taken: readonly TakenPerson[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<PersonRow>(TAKE, [
      snapshotId,
      taken.map(({ personId }) => personId),
      taken.map(({ revision }) => revision),
      taken.map(({ intent }) => intent),
    ]);
    return idsOf(rows);
  }

  /** Removes persons who do not come, unless a mutation of them was left to the snapshot meanwhile. @returns the ids of those removed */
  async remove(tx: Tx, snapshotId: string, persons: readonly OutstandingPerson[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<PersonRow>(REMOVE, [
      snapshotId,
      persons.map(({ personId }) => personId),
      persons.map(({ held }) => held),
      persons.map(({ intent }) => intent),
    ]);
    return idsOf(rows);
  }

  /** Takes accesses that were begun from persons. @returns the ids of those from whom it did */
  async reopen(tx: Tx, snapshotId: string, persons: readonly OutstandingPerson[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<PersonRow>(REOPEN, [
      snapshotId,
      persons.map(({ personId }) => personId),
      persons.map(({ intent }) => intent),
    ]);
    return idsOf(rows);
  }

  /** They are tried again after some time. @param waiting the source did not answer */
  async postpone(
    { snapshotId, subscriptionId }: { readonly snapshotId: string; readonly subscriptionId: string },
    persons: readonly OutstandingPerson[],
    { pauseMs, waiting }: { readonly pauseMs: number; readonly waiting: boolean },
  ): Promise<void> {
    if (persons.length === 0) return;
    const ids = persons.map(({ personId }) => personId);
    const lanes = persons.map(({ lane }) => lane);
    await this.inLanes(subscriptionId, lanes, (tx) => tx.query(POSTPONE, [snapshotId, ids, pauseMs, waiting]));
  }

  async count(tx: Tx, snapshotId: string, lanes: readonly number[], what: 'delivered' | 'withheld'): Promise<void> {
    const counts = [...Map.groupBy(lanes, (lane) => lane)];
    await tx.query(
      `update snapshot_lanes l set ${what} = l.${what} + n.more from unnest($2::smallint[], $3::bigint[]) as n (lane, more)
       where l.snapshot_id = $1 and l.lane = n.lane`,
      [snapshotId, counts.map(([lane]) => lane), counts.map(([, own]) => own.length)],
    );
  }
}

interface PersonRow {
  readonly personId: string;
}

const idsOf = (rows: readonly PersonRow[]): ReadonlySet<string> => new Set(rows.map(({ personId }) => personId));

const DUE = {
  name: 'due-snapshot-persons',
  text: `select person_id as "personId", lane, held, intent from snapshot_persons
    where snapshot_id = $1 and revision is null and due_at <= clock_timestamp() order by due_at, person_id limit $2`,
};

const ALL = {
  name: 'outstanding-snapshot-persons',
  text: `select person_id as "personId", lane, held, intent from snapshot_persons
    where snapshot_id = $1 and revision is null limit $2`,
};

const REOPEN = {
  name: 'reopen-snapshot-persons',
  text: `update snapshot_persons p set intent = null from unnest($2::uuid[], $3::text[]) as n (person_id, intent)
    where p.snapshot_id = $1 and p.person_id = n.person_id and p.revision is null and p.intent = n.intent
    returning p.person_id as "personId"`,
};

const LOCK = {
  name: 'lock-lanes-of-snapshot',
  text: `select lane, closed from subscription_lanes where subscription_id = $1 and lane = any($2::smallint[])
    order by subscription_id, lane for update`,
};

const INTEND = {
  name: 'intend-snapshot-persons',
  text: `update snapshot_persons p set intent = n.intent from unnest($2::uuid[], $3::text[]) as n (person_id, intent)
    where p.snapshot_id = $1 and p.person_id = n.person_id and p.revision is null and p.intent is null
    returning p.person_id as "personId"`,
};

const TAKE = {
  name: 'take-snapshot-persons',
  text: `update snapshot_persons p set revision = n.revision, intent = null, waiting = false, taken_at = clock_timestamp()
    from unnest($2::uuid[], $3::bigint[], $4::text[]) as n (person_id, revision, intent)
    where p.snapshot_id = $1 and p.person_id = n.person_id and p.revision is null and p.intent = n.intent
      and p.held <= n.revision
    returning p.person_id as "personId"`,
};

const REMOVE = {
  name: 'remove-snapshot-persons',
  text: `delete from snapshot_persons p using unnest($2::uuid[], $3::bigint[], $4::text[]) as n (person_id, held, intent)
    where p.snapshot_id = $1 and p.person_id = n.person_id and p.revision is null and p.held = n.held
      and p.intent is not distinct from n.intent
    returning p.person_id as "personId"`,
};

const POSTPONE = {
  name: 'postpone-snapshot-persons',
  text: `update snapshot_persons set due_at = clock_timestamp() + $3 * interval '1 millisecond', waiting = $4
    where snapshot_id = $1 and person_id = any($2::uuid[]) and revision is null`,
};
