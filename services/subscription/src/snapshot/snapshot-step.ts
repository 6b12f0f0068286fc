import type { Ask } from '@crossroads/contracts/access/v1/access_record';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { DeliveryNumbering } from '../delivery/delivery-numbering.js';
import { DirectoryChecks } from '../directory/directory-checks.js';
import { LiveSubscriptions } from '../subscription/live-subscriptions.js';
import type { IndexedSubscription } from '../subscription/subscription-index.js';
import { type InscribedOne, SnapshotAccesses } from './snapshot-accesses.js';
import { SnapshotDelivery } from './snapshot-delivery.js';
import { covers, type SnapshotGrant, SnapshotGrants } from './snapshot-grants.js';
import { endBody } from './snapshot.message.js';
import { type OutstandingPerson, SnapshotPersons } from './snapshot-persons.js';
import { SnapshotSource, type Supplied } from './snapshot-source.js';
import { Snapshots } from './snapshots.js';

/** A snapshot that has not ended. */
export interface RunningSnapshot {
  readonly snapshotId: string;
  readonly subscriptionId: string;
  readonly pageToken: string;
  readonly listed: boolean;
  readonly abandoned: boolean;
  readonly outstanding: number;
}

/** Persons for whom the source is asked together. */
const PAGE_SIZE = 64;
/** More are listed when fewer have not come. */
const MAX_OUTSTANDING = 500;
/** Deliveries of a lane that are not sent yet: a snapshot does not run ahead of the relay. */
const MAX_AHEAD = 2_000;
const MAX_SNAPSHOTS = 8;
/** The source, after it did not answer, and for a person of whom it does not have yet what it has published. */
const SOURCE_PAUSE_MS = 2_000;
const BEHIND_PAUSE_MS = 200;
/** Nobody is due. */
const IDLE_MS = 500;

/** One page of a snapshot. */
@Injectable()
export class SnapshotStep {
  constructor(
    private readonly db: Database,
    private readonly snapshots: Snapshots,
    private readonly subscriptions: LiveSubscriptions,
    private readonly directory: DirectoryChecks,
    private readonly grants: SnapshotGrants,
    private readonly persons: SnapshotPersons,
    private readonly accesses: SnapshotAccesses,
    private readonly source: SnapshotSource,
    private readonly delivery: SnapshotDelivery,
    private readonly numbering: DeliveryNumbering,
  ) {}

  /** Those that are due, the longest first. */
  running(): Promise<RunningSnapshot[]> {
    return this.db.query<RunningSnapshot>(RUNNING);
  }

  async run(snapshot: RunningSnapshot): Promise<void> {
    const index = await this.subscriptions.fresh();
    const subscription = index.get(snapshot.subscriptionId);
    if (!subscription || snapshot.abandoned) return this.clear(snapshot);
    if (!snapshot.listed && snapshot.outstanding < MAX_OUTSTANDING) await this.list(snapshot, subscription);
    const due = await this.persons.due(snapshot.snapshotId, PAGE_SIZE);
    if (due.length > 0) return this.pause(snapshot, await this.take(snapshot, subscription, due));
    await this.endIfComplete(snapshot);
    return this.pause(snapshot, IDLE_MS);
  }

  async pause({ snapshotId }: RunningSnapshot, milliseconds: number): Promise<void> {
    await this.db.query(PAUSE, [snapshotId, milliseconds]);
  }

  /** A page of the directory's list. A person whom the list has passed, and who is inscribed now, comes with a mutation. */
  private async list({ snapshotId, pageToken }: RunningSnapshot, subscription: IndexedSubscription): Promise<void> {
    const { personIds, nextPageToken } = await this.directory.inscribed(subscription, pageToken);
    await this.db.transaction(async (tx) => {
      const moved = await tx.execute(
        'update snapshots set page_token = $3, listed = $4 where snapshot_id = $1 and page_token = $2 and not listed',
        [snapshotId, pageToken, nextPageToken, nextPageToken === ''],
      );
      if (moved !== 1) throw new Error('another process has gone on with this snapshot');
      await this.snapshots.add(tx, snapshotId, personIds, subscription.laneCount);
    });
  }

  /** @returns for how long the snapshot waits, in milliseconds */
  private async take(
    snapshot: RunningSnapshot,
    subscription: IndexedSubscription,
    due: readonly OutstandingPerson[],
  ): Promise<number> {
    const { snapshotId } = snapshot;
    const grant = this.grants.of(subscription);
    if (!grant.allowed) {
      await this.delivery.leaveOut(snapshot, due, grant.reason);
      return 0;
    }
    const inscribed = await this.inscribedOf(snapshot, subscription, due);
    const earlier = inscribed.filter(({ person }) => person.intent !== null);
    const resumed = await this.accesses.resume(snapshotId, subscription, earlier, isStillGood(grant));
    await this.delivery.askAgain(snapshot, resumed.changed, GRANT_CHANGED);
    const fresh = inscribed.filter(({ person }) => person.intent === null);
    const started = await this.accesses.begin(snapshotId, subscription, grant, fresh);
    await this.delivery.leaveOut(snapshot, [...resumed.erased, ...started.erased], 'ERASED');
    const begun = [...resumed.begun, ...started.begun];
    return this.conclude(snapshot, subscription, await this.source.supply(grant.service, grant.asked, begun));
  }

  /** By the directory of today, each under the id that is in force. */
  private async inscribedOf(
    snapshot: RunningSnapshot,
    subscription: IndexedSubscription,
    due: readonly OutstandingPerson[],
  ): Promise<InscribedOne[]> {
    const known = await this.directory.inscribedAmong(
      subscription,
      due.map(({ personId }) => personId),
    );
    const absent = due.filter(({ personId }) => !known.has(personId));
    await this.delivery.leaveOut(snapshot, absent, 'NOT_INSCRIBED');
    const merged = due.filter(({ personId }) => known.has(personId) && known.get(personId)?.personId !== personId);
    const survivors = merged.flatMap(({ personId }) => known.get(personId)?.personId ?? []);
    await this.delivery.leaveOut(snapshot, merged, 'PERSON_MERGED', (tx) =>
      this.snapshots.add(tx, snapshot.snapshotId, survivors, subscription.laneCount),
    );
    return due.flatMap((person) => {
      const one = known.get(person.personId);
      return one?.personId === person.personId ? [{ person, ssin: one.ssin }] : [];
    });
  }

  private async conclude(
    snapshot: RunningSnapshot,
    subscription: IndexedSubscription,
    supplied: readonly Supplied[],
  ): Promise<number> {
    // Time has passed while the source was asked.
    const grant = this.grants.of(subscription);
    const [granted, changed] = [
      supplied.filter(isCoveredBy(grant)),
      supplied.filter((one) => !isCoveredBy(grant)(one)),
    ];
    await this.delivery.askAgain(snapshot, changed.map(personOf), GRANT_CHANGED);
    const answered = granted.flatMap(({ answer, ...one }) => (answer === 'failed' ? [] : [{ ...one, answer }]));
    const come = await this.delivery.deliver(snapshot, answered);
    await this.persons.postpone(
      snapshot,
      answered.map(personOf).filter(({ personId }) => !come.has(personId)),
      { pauseMs: BEHIND_PAUSE_MS, waiting: false },
    );
    const failed = granted.filter(({ answer }) => answer === 'failed');
    await this.persons.postpone(snapshot, failed.map(personOf), { pauseMs: SOURCE_PAUSE_MS, waiting: true });
    return failed.length > 0 && failed.length === supplied.length ? SOURCE_PAUSE_MS : 0;
  }

  /** All lanes end together: until then a person can still change to another lane, by a merge. */
  private async endIfComplete({ snapshotId, subscriptionId }: RunningSnapshot): Promise<void> {
    const lanes = await this.db.query<LaneRow>(LANES, [snapshotId]);
    await this.persons.inLanes(
      subscriptionId,
      lanes.map(({ lane }) => lane),
      async (tx) => {
        if ((await tx.execute(END, [snapshotId])) !== 1) return;
        const counted = await tx.query<LaneRow>(LANES, [snapshotId]);
        await this.numbering.append(
          tx,
          counted.map(({ lane, delivered, withheld }) => ({
            subscriptionId,
            lane,
            ceSource: `snapshot ${snapshotId}`,
            ceId: `${lane} end`,
            body: endBody(snapshotId, delivered, withheld),
          })),
        );
      },
    );
  }

  /** Another one took its place, or the subscription is closed: the accesses that were begun are concluded, a page at a time. */
  private async clear(snapshot: RunningSnapshot): Promise<void> {
    const { snapshotId } = snapshot;
    const outstanding = await this.persons.all(snapshotId, CLEARED_SIZE);
    await this.delivery.leaveOut(snapshot, outstanding, 'SNAPSHOT_ABANDONED', async () => undefined);
    if (outstanding.length > 0) return;
    if ((await this.db.execute(DELETE_TAKEN, [snapshotId, CLEARED_SIZE])) > 0) return;
    await this.db.query('update snapshots set ended = true, abandoned = true where snapshot_id = $1', [snapshotId]);
  }
}

const GRANT_CHANGED = 'GRANT_CHANGED_MEANWHILE';
const CLEARED_SIZE = 250;

interface LaneRow {
  readonly lane: number;
  readonly delivered: bigint;
  readonly withheld: bigint;
}

const personOf = ({ begun }: Pick<Supplied, 'begun'>): OutstandingPerson => begun.person;

const isCoveredBy =
  (grant: SnapshotGrant) =>
  ({ begun }: Supplied): boolean =>
    covers(grant, begun.access.releasedFieldGroups);

/** An access that was begun is gone on with when it would be begun in the same way now. */
const isStillGood =
  (grant: Extract<SnapshotGrant, { allowed: true }>) =>
  ({ fieldGroups: groups, ssin: asked }: Ask, ssin: string): boolean =>
    asked === ssin && groups.length === grant.fieldGroups.length && covers(grant, groups);

const RUNNING = {
  name: 'running-snapshots',
  text: `select s.snapshot_id as "snapshotId", s.subscription_id as "subscriptionId", s.page_token as "pageToken", s.listed,
      s.abandoned, (select count(*) from snapshot_persons p where p.snapshot_id = s.snapshot_id and p.revision is null) as outstanding
    from snapshots s
    where not s.ended and s.due_at <= clock_timestamp() and (s.abandoned or not exists (
      select from subscription_lanes l where l.subscription_id = s.subscription_id and not l.closed
        and l.last_sequence - l.relayed_sequence >= ${MAX_AHEAD}))
    order by s.due_at limit ${MAX_SNAPSHOTS}`,
};

const PAUSE = {
  name: 'pause-snapshot',
  text: `update snapshots set due_at = clock_timestamp() + $2 * interval '1 millisecond' where snapshot_id = $1`,
};

const LANES = 'select lane, delivered, withheld from snapshot_lanes where snapshot_id = $1 order by lane';

const END = `update snapshots s set ended = true
  where s.snapshot_id = $1 and s.listed and not s.ended and not s.abandoned
    and not exists (select from snapshot_persons p where p.snapshot_id = s.snapshot_id and p.revision is null)`;

const DELETE_TAKEN = `delete from snapshot_persons where snapshot_id = $1 and person_id in (
  select person_id from snapshot_persons where snapshot_id = $1 and revision is not null limit $2)`;
