import { randomUUID } from 'node:crypto';
import type { Session } from '../session.js';
import { VERSION } from '../version.js';
import { Lease } from './lease.js';
import { leaseLost } from './lost-leases.js';
import { LeaseShare, type ShareEvents } from './lease-share.js';

export interface LeaseOptions {
  /** How long a lease lasts after a renewal. @default 6 s */
  readonly ttlMs?: number;
  /** @default 2 s */
  readonly renewMs?: number;
  /** How often is looked for what is free. @default 1 s */
  readonly lookMs?: number;
  /** Of this process, for those who wait until no older one runs. @default this release */
  readonly version?: string;
}

/** One round trip for all roles. In their order, so that two who insert the same rows cannot wait for each other. */
const OBTAIN = `
  select w.role, l.partition, l.token
    from (select role, array_agg(partition order by partition) as partitions
            from unnest($1::text[], $2::smallint[]) as t (role, partition) group by role order by role) w
   cross join lateral es.lease(w.role, $3, w.partitions, make_interval(secs => $4), pg_backend_pid()) l`;

const GIVE_BACK = `update es.leases set holder = null, expires_at = '-infinity', backend = null, backend_start = null
  where role = $1 and partition = $2 and holder = $3 and token = $4`;

const FORGET = 'delete from es.leases where role = $1 and partition = $2 and holder = $3 and token = $4';

interface Wanted {
  readonly role: string;
  readonly partition: number;
}

interface ObtainedRow {
  readonly role: string;
  readonly partition: number;
  readonly token: bigint;
}

/**
 * What this process, of all processes of the service, does alone. Leases save work and keep order; what must never happen twice is
 * guarded by keys in the data. They hang on the session, so that those of a process that ended are free at once.
 */
export class Leases {
  /** Of this start: a process that comes back is another holder. */
  readonly holder = randomUUID();
  readonly version: string;
  readonly ttlMs: number;
  readonly renewMs: number;
  private readonly lookMs: number;
  private readonly leases = new Map<string, Lease>();
  private readonly taking = new Set<string>();
  private readonly shares = new Set<LeaseShare>();
  private stepping: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    readonly session: Session,
    { ttlMs = 6_000, renewMs = 2_000, lookMs = 1_000, version = VERSION }: LeaseOptions = {},
  ) {
    [this.ttlMs, this.renewMs, this.lookMs, this.version] = [ttlMs, renewMs, lookMs, version];
    // Others take what hangs on a session that is gone.
    session.onEnd(() => {
      for (const lease of this.leases.values()) this.lose(lease);
    });
  }

  /** Undefined while another process, or another part of this one, has it. It is renewed until it is released or lost. */
  async take(role: string, partition = 0): Promise<Lease | undefined> {
    const key = keyOf(role, partition);
    if (this.closed || this.taking.has(key) || this.leases.get(key)?.isRenewed() === true) return undefined;
    return (await this.obtain([{ role, partition }]))[0];
  }

  /**
   * Shares the partitions of a role with the other members: each holds an equal part, and all of one that is gone are taken over. Every
   * process of the service calls it with the same partitions.
   */
  hold(role: string, partitions: readonly number[], events: ShareEvents = {}): LeaseShare {
    const share = new LeaseShare(this, role, partitions, events);
    this.shares.add(share);
    this.wake();
    return share;
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    if (this.closed) return;
    await Promise.all([...this.shares].map((share) => share.close()));
    this.closed = true;
    clearTimeout(this.timer);
    await this.stepping;
    await Promise.all([...this.leases.values()].map((lease) => lease.release()));
  }

  /** @internal Looks at once for what is free. */
  wake(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.stepping) this.schedule();
    else this.step();
  }

  /** @internal */
  leave(share: LeaseShare): void {
    this.shares.delete(share);
  }

  /** @internal Those of them that are free. */
  async obtain(wanted: readonly Wanted[]): Promise<Lease[]> {
    const keys = wanted.map(({ role, partition }) => keyOf(role, partition));
    for (const key of keys) this.taking.add(key);
    try {
      const sentAt = performance.now();
      const obtained: Lease[] = [];
      for (const { role, partition, token } of await this.ask(wanted)) {
        const key = keyOf(role, partition);
        this.leases.get(key)?.end();
        const lease = new Lease(
          role,
          partition,
          token,
          (one, forget) => this.giveBack(one, forget),
          (one) => this.lose(one),
        );
        lease.renew(sentAt, this.ttlMs);
        this.leases.set(key, lease);
        if (lease.held()) obtained.push(lease);
      }
      this.schedule();
      return obtained;
    } finally {
      for (const key of keys) this.taking.delete(key);
    }
  }

  private ask(wanted: readonly Wanted[]): Promise<ObtainedRow[]> {
    const [roles, partitions] = [wanted.map(({ role }) => role), wanted.map(({ partition }) => partition)];
    return this.session.rows<ObtainedRow>(OBTAIN, [roles, partitions, this.holder, this.ttlMs / 1_000]);
  }

  private schedule(): void {
    if (this.closed || this.stepping || this.timer || this.leases.size + this.shares.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.step();
    }, this.lookMs).unref();
  }

  /** While the database is away nothing is renewed, and all leases end by themselves. */
  private step(): void {
    if (this.closed) return;
    this.stepping = this.renew()
      .then(() => Promise.all([...this.shares].map((share) => share.rebalance())))
      .catch(() => undefined)
      .then(() => {
        this.stepping = undefined;
        this.schedule();
      });
  }

  private async renew(): Promise<void> {
    const due = [...this.leases.values()].filter((lease) => lease.isDue(this.renewMs));
    if (due.length === 0) return;
    const sentAt = performance.now();
    const renewed = new Map((await this.ask(due)).map((row) => [keyOf(row.role, row.partition), row.token]));
    for (const lease of due) {
      const key = keyOf(lease.role, lease.partition);
      if (this.leases.get(key) !== lease) continue;
      // Another token: somebody else had it in between.
      if (renewed.get(key) === lease.token && lease.held()) lease.renew(sentAt, this.ttlMs);
      else this.lose(lease);
    }
  }

  private lose(lease: Lease): void {
    // One that is no longer renewed may expire.
    if (lease.isRenewed() && !lease.signal.aborted) leaseLost(lease.role);
    lease.end();
    this.drop(lease);
    for (const share of this.shares) share.lost(lease);
  }

  private drop(lease: Lease): void {
    const key = keyOf(lease.role, lease.partition);
    if (this.leases.get(key) === lease) this.leases.delete(key);
  }

  /** Without the database it expires by itself. */
  private async giveBack(lease: Lease, forget: boolean): Promise<void> {
    this.drop(lease);
    const { role, partition, token } = lease;
    await this.session.rows(forget ? FORGET : GIVE_BACK, [role, partition, this.holder, token]).catch(() => undefined);
  }
}

const keyOf = (role: string, partition: number): string => `${partition} ${role}`;
