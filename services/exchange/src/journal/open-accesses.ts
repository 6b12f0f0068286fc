import { randomUUID } from 'node:crypto';
import type { Database, SessionLock } from '@crossroads/database';
import { Unavailable } from '@crossroads/grpc';

/** The name under which a process says, by a session lock, that it is alive. */
export const lockOf = (instanceId: string): string => `exchange instance ${instanceId}`;

interface Registration {
  readonly instanceId: string;
  readonly lock: SessionLock;
}

interface OpenAccess {
  readonly journalId: string;
  readonly ticket: string;
  readonly personId: string;
}

/**
 * Which accesses of this process have an intent and no outcome yet. Each intent names the process that wrote it; the process
 * holds a session lock of that name, and says in `exchange_instances` below which transaction all that it intended is
 * concluded. Whoever closes for a process that is gone reads the log from there, however long the journal is.
 */
export class OpenAccesses {
  private registration: Registration | undefined;
  private readonly open = new Map<string, OpenAccess>();
  /** Their intent or outcome may be durable or not: the answer of the database was lost. */
  private readonly doubtful = new Map<string, OpenAccess & { readonly since: Date }>();
  private mark: { readonly below: bigint; readonly open: readonly string[] } | undefined;

  constructor(
    private readonly db: Database,
    private readonly now: () => Date,
  ) {}

  /** Notes the access before its intent is written, and gives the name to write into it. @throws Unavailable */
  begin(access: OpenAccess): string {
    if (!this.registration?.lock.held())
      throw new Unavailable('JOURNAL_UNAVAILABLE', 'the access journal cannot be written; nothing was released', {
        retryAfterMs: 1_000,
      });
    this.open.set(access.journalId, access);
    return this.registration.instanceId;
  }

  end(journalId: string): void {
    this.open.delete(journalId);
    this.doubtful.delete(journalId);
  }

  doubt(journalId: string): void {
    const access = this.open.get(journalId);
    if (access) this.doubtful.set(journalId, { ...access, since: this.now() });
  }

  /** To be concluded as unknown by this process itself. */
  inDoubt(): (OpenAccess & { readonly since: Date })[] {
    return [...this.doubtful.values()];
  }

  /** Whether accesses can be begun. */
  ready(): boolean {
    return this.registration?.lock.held() ?? false;
  }

  /** Registers when the lock is not held (at start, and after the database was away), and moves the mark. */
  async tend(): Promise<void> {
    if (!this.ready()) await this.register();
    await this.advance();
  }

  /** Leaves nothing to be closed, unless something is still open. */
  async leave(): Promise<void> {
    const { registration } = this;
    this.registration = undefined;
    if (!registration) return;
    if (this.open.size === 0)
      await this.db.query('delete from exchange_instances where instance_id = $1', [registration.instanceId]);
    await registration.lock.release();
  }

  /** A new name each time: another process may have begun to close what stands under the old one. */
  private async register(): Promise<void> {
    const instanceId = randomUUID();
    const lock = await this.db.session.tryLock(lockOf(instanceId));
    if (!lock) throw new Error('a lock of a random name is taken');
    await this.db.query('insert into exchange_instances (instance_id) values ($1)', [instanceId]);
    this.mark = undefined;
    this.registration = { instanceId, lock };
  }

  /**
   * All transactions below the horizon have ended. An intent in one of them was begun here before that, so that it is
   * among those open now, or concluded: when these are concluded, everything below is.
   */
  private async advance(): Promise<void> {
    if (this.mark === undefined) {
      const [row] = await this.db.query<{ below: bigint }>('select pg_snapshot_xmin(pg_current_snapshot()) as below');
      if (row) this.mark = { below: row.below, open: [...this.open.keys()] };
    }
    const { mark, registration } = this;
    if (!mark || !registration || mark.open.some((journalId) => this.open.has(journalId))) return;
    await this.db.query('update exchange_instances set concluded_below = $2::xid8 where instance_id = $1', [
      registration.instanceId,
      mark.below,
    ]);
    this.mark = undefined;
  }
}
