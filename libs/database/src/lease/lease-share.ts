import { setTimeout as delay } from 'node:timers/promises';
import type { Lease } from './lease.js';
import type { Leases } from './leases.js';
import { changesOf, type Member } from './share.rules.js';

export interface ShareEvents {
  readonly onTaken?: (partition: number, token: bigint) => void;
  /** It is no longer held. What is given back is given back once this has resolved, or when the lease has expired. */
  readonly onLost?: (partition: number) => void | Promise<void>;
}

/** Registers this member again, if it is time, and answers with the other members and who holds what. */
const LOOK = `
  with mine as (
    insert into es.members (role, holder, version, refused, expires_at, backend, backend_start)
    select $1, $2, $3, $4::smallint[], clock_timestamp() + make_interval(secs => $5), a.pid, a.backend_start
      from pg_stat_activity a where a.pid = pg_backend_pid() and $6
    on conflict (role, holder) do update set refused = excluded.refused, expires_at = excluded.expires_at,
      backend = excluded.backend, backend_start = excluded.backend_start),
  gone as (delete from es.members where $6 and role = $1 and expires_at < clock_timestamp() - interval '1 minute')
  select
    (select coalesce(json_agg(json_build_object('holder', m.holder, 'refused', m.refused) order by m.holder), '[]')
       from es.members m
      where m.role = $1 and m.holder <> $2 and m.expires_at > clock_timestamp()
        and (m.backend is null or not es.session_is_gone(m.backend, m.backend_start))) as others,
    (select coalesce(json_agg(json_build_object('partition', l.partition, 'holder', l.holder)), '[]')
       from es.leases l
      where l.role = $1 and l.partition = any ($7::smallint[]) and l.holder <> $2 and l.expires_at > clock_timestamp()
        and not es.session_is_gone(l.backend, l.backend_start)) as taken`;

interface Seen {
  readonly others: readonly Member[];
  readonly taken: readonly { readonly partition: number; readonly holder: string }[];
}

/** The part of a role's partitions that this process holds. */
export class LeaseShare {
  private readonly mine = new Map<number, Lease>();
  private readonly giving = new Map<number, Promise<void>>();
  private readonly refused = new Set<number>();
  private registeredAt = -Infinity;
  private closed = false;

  constructor(
    private readonly leases: Leases,
    readonly role: string,
    private readonly partitions: readonly number[],
    private readonly events: ShareEvents,
  ) {}

  /** Token by partition. Only what no other process can hold at this moment. */
  held(): ReadonlyMap<number, bigint> {
    return new Map([...this.mine].flatMap(([partition, lease]) => (lease.held() ? [[partition, lease.token]] : [])));
  }

  /** This process cannot work on it, for as long as it runs: it gives it back and another one takes it. */
  refuse(partition: number): void {
    this.refused.add(partition);
    this.registeredAt = -Infinity;
    this.leases.wake();
  }

  /** Gives all back, and no longer counts as a member. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.leases.leave(this);
    for (const partition of this.mine.keys()) this.give(partition);
    await Promise.all(this.giving.values());
    await this.leases.session
      .rows('delete from es.members where role = $1 and holder = $2', [this.role, this.leases.holder])
      .catch(() => undefined);
  }

  /** @internal */
  async rebalance(): Promise<void> {
    if (this.closed) return;
    const { leases, role, partitions, refused } = this;
    const now = performance.now();
    const isTime = now - this.registeredAt >= leases.renewMs;
    const [seen] = await leases.session.rows<Seen>(LOOK, [
      ...[role, leases.holder, leases.version, [...refused], leases.ttlMs / 1_000, isTime, partitions],
    ]);
    if (isTime) this.registeredAt = now;
    if (!seen || this.closed) return;
    const me = { holder: leases.holder, refused: [...refused] };
    const holders = new Map(seen.taken.map(({ partition, holder }) => [partition, holder]));
    for (const partition of [...this.mine.keys(), ...this.giving.keys()]) holders.set(partition, me.holder);
    const { take, give } = changesOf({ partitions, me, others: seen.others, holders });
    for (const partition of give) this.give(partition);
    if (take.length === 0) return;
    for (const lease of await leases.obtain(take.map((partition) => ({ role, partition })))) {
      this.mine.set(lease.partition, lease);
      this.events.onTaken?.(lease.partition, lease.token);
      if (this.closed) this.give(lease.partition);
    }
  }

  /** @internal */
  lost(lease: Lease): void {
    if (this.mine.get(lease.partition) !== lease) return;
    this.mine.delete(lease.partition);
    void this.notifyLost(lease.partition);
  }

  /** Work on it ends before another process begins. */
  private give(partition: number): void {
    const lease = this.mine.get(partition);
    if (!lease) return;
    this.mine.delete(partition);
    lease.stopRenewing();
    const given = Promise.race([this.notifyLost(partition), delay(this.leases.ttlMs, undefined, { ref: false })])
      .then(() => lease.release())
      .finally(() => this.giving.delete(partition));
    this.giving.set(partition, given);
  }

  private async notifyLost(partition: number): Promise<void> {
    try {
      await this.events.onLost?.(partition);
    } catch {
      // Whoever listens reports its own errors; the partition is given back all the same.
    }
  }
}
