import type { Database } from '@crossroads/database';
import pg from 'pg';
import type { Logged } from '../event-store.js';
import { Waiter } from '../waiter.js';
import { type LoggedRow, loggedOf } from './log-reader.js';
import { notePass } from './stamp-lag.js';

/** From the start of a pass that found something to the next one: under load it makes fewer, larger passes. */
const PACE_MS = 10;
/** Notifications can be lost, and a commit may come after the pass that its notification woke. */
const IDLE_MS = { min: 10, max: 400 };
const BACKOFF_MS = { min: 100, max: 5_000 };
/** Events of one partition in one pass. */
const PASS_LIMIT = 1_000;

/** The partitions of this service's log that a process works on; see `es.leases`, role `log`. */
export interface HeldPartitions {
  readonly holder: string;
  /** Each partition with its token. */
  held(): ReadonlyMap<number, bigint>;
}

export interface LogStamperOptions {
  readonly db: Pick<Database, 'query' | 'session'>;
  readonly leases: HeldPartitions;
  readonly onError: (error: unknown, attempt: number) => void;
}

const STAMP = {
  name: 'es-stamp',
  text: `select partition, position, encode(hash, 'hex') as hash, stream_id, revision, serial, event_id, stream_type, type,
    schema_version, recorded_at, data, metadata from es.stamp($1, $2, $3)`,
};

/**
 * Gives positions to committed events, in the partitions that this process holds. A transaction that stays open delays only its own
 * events. Two stampers of one partition collide on a primary key, so that nothing is stamped twice even without a lease.
 */
export class LogStamper {
  private readonly waiter = new Waiter();
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<(events: readonly Logged[]) => void>();
  private readonly unsubscribe: () => void;
  private readonly running: Promise<void>;
  private idleMs = IDLE_MS.min;

  constructor(private readonly options: LogStamperOptions) {
    this.unsubscribe = options.db.session.onLogGrown(() => {
      this.idleMs = IDLE_MS.min;
      this.waiter.wake();
    });
    this.running = this.run();
  }

  /** Called with the events of each pass, in order within each partition. */
  onStamped(listener: (events: readonly Logged[]) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe();
    this.waiter.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; ) {
      try {
        await this.pass();
        attempt = 0;
      } catch (error) {
        // Another stamper was first: look again at once.
        if (isCollision(error)) continue;
        this.options.onError(error, ++attempt);
        await this.waiter.pause(Math.min(BACKOFF_MS.min * 2 ** (attempt - 1), BACKOFF_MS.max), signal);
      }
    }
  }

  private async pass(): Promise<void> {
    const { db, leases } = this.options;
    const next = performance.now() + PACE_MS;
    const held = [...leases.held().keys()];
    const rows = held.length === 0 ? [] : await db.query<LoggedRow>(STAMP, [leases.holder, held, PASS_LIMIT]);
    if (rows.length > 0) {
      const events = rows.map(loggedOf);
      notePass(events);
      for (const listener of this.listeners) listener(events);
      this.idleMs = IDLE_MS.min;
      const early = next - performance.now();
      if (rows.length < PASS_LIMIT && early > 0) await this.waiter.pause(early, this.stopping.signal);
      return;
    }
    await this.waiter.wait(this.idleMs);
    this.idleMs = Math.min(this.idleMs * 2, IDLE_MS.max);
  }
}

const isCollision = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '23505';
