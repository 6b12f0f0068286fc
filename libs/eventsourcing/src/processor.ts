import { withTimeout } from '@crossroads/configuration';
import type { Database, SessionLock, Tx } from '@crossroads/database';
import { compareCursors, LOG_START } from './cursor.js';
import type { Cursor, EventStore, Recorded } from './event-store.js';
import { Waiter } from './waiter.js';

/** The poll interval starts at the minimum and doubles while the log is idle; notifications can be lost, so it never stops. */
const POLL_MS = { min: 2, max: 400 };
/** Pause after a batch that was not full: under load it makes fewer, larger batches. */
const PACE_MS = 5;
/** How often a standby tries to get the lock. */
const STANDBY_MS = 500;
const BACKOFF_MS = { min: 100, max: 5_000 };
const CLOSE_MS = 10_000;
const CAUGHT_UP_MS = 60_000;

export interface ProcessorOptions {
  readonly db: Database;
  readonly store: Pick<EventStore, 'readLog'>;
  /** Of all processors with this name, in all processes, one is active at a time; it resumes at the checkpoint of this name. */
  readonly name: string;
  /** @default 500 */
  readonly batchSize?: number;
  /** Milliseconds from a batch that was not full to the next one: longer makes larger batches. @default 5 */
  readonly paceMs?: number;
  /**
   * Handles events in log order. What it writes through `tx` is committed together with the checkpoint. If it throws, the batch
   * is retried with backoff until it succeeds: nothing is skipped. `signal` aborts on close.
   */
  readonly handle: (batch: readonly Recorded[], tx: Tx, signal: AbortSignal) => Promise<unknown>;
  /** Called after each failed attempt. */
  readonly onError: (error: unknown, attempt: number) => void;
}

export interface Processor {
  /** Whether this process holds the lock; otherwise it stands by. */
  active(): boolean;
  /** The checkpoint, as far as this process knows. */
  position(): Cursor;
  /** Resolves once everything that was committed before the call has been handled. @throws after `timeoutMs` (a minute) */
  caughtUp(timeoutMs?: number): Promise<void>;
  /** Ends after the current batch, or after 10 s. */
  close(): Promise<void>;
}

/** Handles the log from its checkpoint on, until it is closed; it survives outages of the database. */
export const startProcessor = (options: ProcessorOptions): Processor => new LogProcessor(options);

class LogProcessor implements Processor {
  private readonly stopping = new AbortController();
  private readonly waiter = new Waiter();
  private readonly unsubscribe: () => void;
  private readonly running: Promise<void>;
  private lock: SessionLock | undefined;
  private checkpoint = LOG_START;
  private pollMs = POLL_MS.min;
  private nextRead = 0;

  constructor(private readonly options: ProcessorOptions) {
    this.unsubscribe = options.db.session.onLogGrown(() => {
      this.pollMs = POLL_MS.min;
      this.waiter.wake();
    });
    this.running = this.run();
  }

  active(): boolean {
    return this.lock?.held() ?? false;
  }

  position(): Cursor {
    return this.checkpoint;
  }

  async caughtUp(timeoutMs = CAUGHT_UP_MS): Promise<void> {
    const { db, name } = this.options;
    const deadline = Date.now() + timeoutMs;
    const [end] = await db.query<CursorRow>(`select transaction_id, position from es.events where revision > 0
      order by transaction_id desc, position desc limit 1`);
    if (!end) return;
    while (compareCursors(await this.storedCheckpoint(), toCursor(end)) < 0) {
      if (Date.now() > deadline) throw new Error(`${name} has not caught up within ${timeoutMs} ms`);
      await this.waiter.pause(5);
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe();
    this.waiter.wake();
    await withTimeout(CLOSE_MS, this.running).catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (let attempt = 0; !this.stopping.signal.aborted; ) {
      try {
        await this.step();
        attempt = 0;
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        this.options.onError(error, ++attempt);
        await this.waiter.pause(Math.min(BACKOFF_MS.min * 2 ** (attempt - 1), BACKOFF_MS.max), this.stopping.signal);
      }
    }
    await this.lock?.release();
  }

  private async step(): Promise<void> {
    const { db, store, name, batchSize = 500, paceMs = PACE_MS, handle } = this.options;
    const { signal } = this.stopping;
    if (!this.active()) {
      await this.lock?.release();
      this.lock = await db.session.tryLock(`processor ${name}`);
      if (!this.lock) return this.waiter.pause(STANDBY_MS, signal);
      this.checkpoint = await this.storedCheckpoint();
    }
    const early = this.nextRead - performance.now();
    if (early > 0) await this.waiter.pause(early, signal);
    const startedAt = performance.now();
    const batch = await store.readLog(this.checkpoint, batchSize);
    this.nextRead = batch.length < batchSize ? startedAt + paceMs : 0;
    const last = batch.at(-1);
    if (!last) {
      // A commit may still be hidden behind an older open transaction, of which no notification tells: poll.
      const idle = this.waiter.wait(this.pollMs);
      this.pollMs = Math.min(this.pollMs * 2, POLL_MS.max);
      return idle;
    }
    await db.transaction(async (tx) => {
      await handle(batch, tx, signal);
      await this.advance(tx, last.cursor);
    });
    this.checkpoint = last.cursor;
    this.pollMs = POLL_MS.min;
  }

  private async storedCheckpoint(): Promise<Cursor> {
    const [row] = await this.options.db.query<CursorRow>(
      'select transaction_id, position from es.checkpoints where processor = $1',
      [this.options.name],
    );
    return row ? toCursor(row) : LOG_START;
  }

  /** Compare and set: a process that lost the lock without noticing cannot commit a batch a second time. */
  private async advance(tx: Tx, to: Cursor): Promise<void> {
    const { name } = this.options;
    const moved = await tx.query(
      `insert into es.checkpoints as c (processor, transaction_id, position) values ($1, $2::xid8, $3)
       on conflict (processor) do update set transaction_id = $2::xid8, position = $3
       where c.transaction_id = $4::xid8 and c.position = $5 returning true`,
      [name, to.transactionId, to.position, this.checkpoint.transactionId, this.checkpoint.position],
    );
    if (moved.length > 0) return;
    await this.lock?.release();
    throw new Error(`another process has moved the checkpoint of ${name}`);
  }
}

interface CursorRow {
  readonly transaction_id: bigint;
  readonly position: bigint;
}

const toCursor = ({ transaction_id, position }: CursorRow): Cursor => ({ transactionId: transaction_id, position });
