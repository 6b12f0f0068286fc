import { compareCursors, LOG_START } from './cursor.js';
import type { Database, Tx } from '@crossroads/database';
import type { Cursor, EventStore, Recorded } from './event-store.js';
import type { SessionLock } from '@crossroads/database';
import { Waiter } from './waiter.js';

/** Hints can be lost, and a service that idles should take next to nothing. */
const IDLE_MS = 400;
const FIRST_POLL_MS = 2;
/** Between two reads that left nothing behind: under load, fewer and larger batches. */
const PACE_MS = 5;
const STANDBY_MS = 500;
const BACK_OFF_MS = { first: 100, last: 5_000 };
const CLOSE_WITHIN_MS = 10_000;

export interface ProcessorOptions {
  readonly db: Database;
  readonly store: Pick<EventStore, 'readLog'>;
  /** With `version` the processor's identity: one is active at a time, wherever it runs, and it goes on where it was. */
  readonly name: string;
  /** @default 1 */
  readonly version?: number;
  /** @default 500 */
  readonly batchSize?: number;
  /**
   * Milliseconds from one batch that was not full to the next: what comes in between travels together, which costs its
   * broker and its readers less. @default 5
   */
  readonly paceMs?: number;
  /**
   * Handles events in log order. What it writes through `tx` is committed with the checkpoint; if it throws, the batch comes
   * again with back-off, for as long as it takes: nothing is skipped. `signal` ends on close.
   */
  readonly handle: (batch: readonly Recorded[], tx: Tx, signal: AbortSignal) => Promise<unknown>;
  /** Told of each failed attempt. */
  readonly onError: (error: unknown, attempt: number) => void;
}

export interface Processor {
  /** Whether this process is the one that works; otherwise it stands by. */
  active(): boolean;
  /** Up to where everything has been handled, as far as this process knows. */
  position(): Cursor;
  /** Resolves once everything that was committed before the call has been handled. @throws after `withinMs` (10 s). */
  caughtUp(withinMs?: number): Promise<void>;
  /** Ends after the batch in hand, within 10 s. */
  close(): Promise<void>;
}

/** Starts to read the log from its checkpoint, and goes on until it is closed, also after the database was away. */
export const startProcessor = (options: ProcessorOptions): Processor => new LogProcessor(options);

class LogProcessor implements Processor {
  private readonly stopping = new AbortController();
  private readonly waiter = new Waiter();
  private readonly forget: () => void;
  private readonly running: Promise<void>;
  private lock: SessionLock | undefined;
  private checkpoint = LOG_START;
  private poll = FIRST_POLL_MS;
  private nextRead = 0;
  private readonly version: number;

  constructor(private readonly options: ProcessorOptions) {
    this.version = options.version ?? 1;
    this.forget = options.db.session.onLogGrown(() => {
      this.poll = FIRST_POLL_MS;
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

  async caughtUp(withinMs = 10_000): Promise<void> {
    const { db, name } = this.options;
    const until = Date.now() + withinMs;
    const [end] = await db.query<CursorRow>(`select transaction_id, position from es.events where revision > 0
      order by transaction_id desc, position desc limit 1`);
    if (!end) return;
    while (compareCursors(await this.stored(), toCursor(end)) < 0) {
      if (Date.now() > until) throw new Error(`${name} has not caught up within ${withinMs} ms`);
      await this.waiter.pause(5);
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.forget();
    this.waiter.wake();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN_MS);
    });
    await Promise.race([this.running, late]).finally(() => clearTimeout(timer));
  }

  private async run(): Promise<void> {
    for (let attempt = 0; !this.stopping.signal.aborted; ) {
      try {
        await this.step();
        attempt = 0;
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        this.options.onError(error, ++attempt);
        await this.waiter.pause(
          Math.min(BACK_OFF_MS.first * 2 ** (attempt - 1), BACK_OFF_MS.last),
          this.stopping.signal,
        );
      }
    }
    await this.lock?.release();
  }

  private async step(): Promise<void> {
    const { db, store, name, batchSize = 500, paceMs = PACE_MS, handle } = this.options;
    const { signal } = this.stopping;
    if (!this.active()) {
      await this.lock?.release();
      this.lock = await db.session.tryLock(`processor ${name} ${this.version}`);
      if (!this.lock) return this.waiter.pause(STANDBY_MS, signal);
      this.checkpoint = await this.stored();
    }
    const early = this.nextRead - performance.now();
    if (early > 0) await this.waiter.pause(early, signal);
    const begun = performance.now();
    const batch = await store.readLog(this.checkpoint, batchSize);
    this.nextRead = batch.length < batchSize ? begun + paceMs : 0;
    const last = batch.at(-1);
    if (!last) {
      // Something may have been committed that is not below the oldest open transaction yet: look again soon, then less often.
      const idle = this.waiter.wait(this.poll);
      this.poll = Math.min(this.poll * 2, IDLE_MS);
      return idle;
    }
    await db.transaction(async (tx) => {
      await handle(batch, tx, signal);
      await this.advance(tx, last.cursor);
    });
    this.checkpoint = last.cursor;
    this.poll = FIRST_POLL_MS;
  }

  private async stored(): Promise<Cursor> {
    const [row] = await this.options.db.query<CursorRow>(
      'select transaction_id, position from es.checkpoints where processor = $1 and version = $2',
      [this.options.name, this.version],
    );
    return row ? toCursor(row) : LOG_START;
  }

  /** Compares before it sets: who lost the lock without knowing cannot do a batch a second time. */
  private async advance(tx: Tx, to: Cursor): Promise<void> {
    const { name } = this.options;
    const moved = await tx.query(
      `insert into es.checkpoints as c (processor, version, transaction_id, position) values ($1, $2, $3::xid8, $4)
       on conflict (processor, version) do update set transaction_id = $3::xid8, position = $4
       where c.transaction_id = $5::xid8 and c.position = $6 returning true`,
      [name, this.version, to.transactionId, to.position, this.checkpoint.transactionId, this.checkpoint.position],
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
