import { setTimeout as delay } from 'node:timers/promises';
import { type Database, WorkLoop } from '@crossroads/database';
import pg from 'pg';
import type { Logged } from '../event-store.js';
import { type LoggedRow, loggedOf } from './log-reader.js';
import { notePass } from './stamp-lag.js';

/** From the start of a pass that found something to the next one: under load it makes fewer, larger passes. */
const PACE_MS = 10;
/** Notifications can be lost, and a commit may come after the pass that its notification woke. */
const IDLE_MS = { min: 10, max: 400 };
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
  private readonly loop: WorkLoop;
  private readonly listeners = new Set<(events: readonly Logged[]) => void>();
  private readonly unsubscribe: () => void;
  private idleMs = IDLE_MS.min;

  constructor(private readonly options: LogStamperOptions) {
    this.loop = new WorkLoop({ pass: (signal) => this.pass(signal), onError: options.onError });
    this.unsubscribe = options.db.session.onLogGrown(() => {
      this.idleMs = IDLE_MS.min;
      this.loop.wake();
    });
    this.loop.start();
  }

  /** Called with the events of each pass, in order within each partition. */
  onStamped(listener: (events: readonly Logged[]) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.unsubscribe();
    await this.loop.stop();
  }

  private async pass(signal: AbortSignal): Promise<number> {
    const next = performance.now() + PACE_MS;
    const rows = await this.stamp();
    // Another stamper was first: look again at once.
    if (rows === 'collision') return 0;
    if (rows.length === 0) {
      const { idleMs } = this;
      this.idleMs = Math.min(idleMs * 2, IDLE_MS.max);
      return idleMs;
    }
    const events = rows.map(loggedOf);
    notePass(events);
    for (const listener of this.listeners) listener(events);
    this.idleMs = IDLE_MS.min;
    // Woken or not: what is committed meanwhile goes into one pass.
    const early = next - performance.now();
    if (rows.length < PASS_LIMIT && early > 0) await delay(early, undefined, { signal });
    return 0;
  }

  private async stamp(): Promise<readonly LoggedRow[] | 'collision'> {
    const { db, leases } = this.options;
    const held = [...leases.held().keys()];
    if (held.length === 0) return [];
    try {
      return await db.query<LoggedRow>(STAMP, [leases.holder, held, PASS_LIMIT]);
    } catch (error) {
      if (isCollision(error)) return 'collision';
      throw error;
    }
  }
}

const isCollision = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '23505';
