import { randomUUID } from 'node:crypto';
import { Clock } from '@crossroads/configuration';
import { Database, type Lease } from '@crossroads/database';
import { Unavailable } from '@crossroads/grpc';
import { Injectable } from '@nestjs/common';
import type { Access } from './access.js';

/** The lease that a process holds for as long as it is alive. */
export const leaseOf = (instanceId: string): string => `exchange instance ${instanceId}`;

interface Registration {
  readonly instanceId: string;
  readonly lease: Lease;
}

export interface UncertainAccess extends Access {
  readonly since: Date;
}

/**
 * The accesses of this process that have an intent and no outcome yet. Each intent names the process that wrote it. The process
 * holds a lease of that name, and stores in `exchange_instances` the transaction below which all of its intents are
 * concluded, so that another process can close what is open by reading the log from there.
 */
@Injectable()
export class OpenAccesses {
  private registration: Registration | undefined;
  private readonly open = new Map<string, Access>();
  /** Their intent or outcome may or may not be durable: the database did not answer. */
  private readonly uncertain = new Map<string, UncertainAccess>();
  private watermark: { readonly below: bigint; readonly open: readonly string[] } | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Registers the access before its intent is written. Returns the instance id, which the intent contains. @throws Unavailable */
  begin(access: Access): string {
    if (!this.registration?.lease.held())
      throw new Unavailable('JOURNAL_UNAVAILABLE', 'the access journal cannot be written; nothing was released', {
        retryAfterMs: 1_000,
      });
    this.open.set(access.journalId, access);
    return this.registration.instanceId;
  }

  end(journalId: string): void {
    this.open.delete(journalId);
    this.uncertain.delete(journalId);
  }

  markUncertain(journalId: string): void {
    const access = this.open.get(journalId);
    if (access) this.uncertain.set(journalId, { ...access, since: this.clock.now() });
  }

  /** This process itself has to conclude these as unknown. */
  uncertainAccesses(): UncertainAccess[] {
    return [...this.uncertain.values()];
  }

  /** Whether accesses can be begun. */
  ready(): boolean {
    return this.registration?.lease.held() ?? false;
  }

  /** Registers the process if it holds no lease (at start, or after the database was away), and advances the watermark. */
  async maintain(): Promise<void> {
    if (!this.ready()) await this.register();
    await this.advanceWatermark();
  }

  /** Removes the registration, unless an access is still open: another process then closes it. */
  async leave(): Promise<void> {
    const { registration } = this;
    this.registration = undefined;
    if (!registration) return;
    if (this.open.size === 0)
      await this.db.query('delete from exchange_instances where instance_id = $1', [registration.instanceId]);
    await registration.lease.release({ forget: true });
  }

  /** Always under a new id: another process may already be closing the accesses of the previous one. */
  private async register(): Promise<void> {
    const instanceId = randomUUID();
    const lease = await this.db.leases.take(leaseOf(instanceId));
    if (!lease) throw new Error('a lease of a random name is taken');
    await this.db.query('insert into exchange_instances (instance_id) values ($1)', [instanceId]);
    this.watermark = undefined;
    this.registration = { instanceId, lease };
  }

  /**
   * All transactions below the snapshot's xmin have ended. An intent in one of them was begun here before, so it is either among
   * the accesses open now or concluded: once these are concluded, everything below is.
   */
  private async advanceWatermark(): Promise<void> {
    if (this.watermark === undefined) {
      const [row] = await this.db.query<{ below: bigint }>('select pg_snapshot_xmin(pg_current_snapshot()) as below');
      if (row) this.watermark = { below: row.below, open: [...this.open.keys()] };
    }
    const { watermark, registration } = this;
    if (!watermark || !registration || watermark.open.some((journalId) => this.open.has(journalId))) return;
    await this.db.query('update exchange_instances set concluded_below = $2::xid8 where instance_id = $1', [
      registration.instanceId,
      watermark.below,
    ]);
    this.watermark = undefined;
  }
}
