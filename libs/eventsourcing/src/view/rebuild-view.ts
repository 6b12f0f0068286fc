import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@crossroads/database';
import pg from 'pg';
import type { Place } from '../place.js';
import { lastSteps, StepTaken, takeSteps } from '../steps/steps.js';
import { type Differing, RebuiltTable } from './rebuilt-table.js';
import type { Batch, View, ViewSource } from './view.js';

export interface Rebuilt {
  /** Events that were applied by this run. */
  readonly events: number;
  readonly rows: number;
  /** Rows that differed from the live ones. Not 0: the live ones were wrong. */
  readonly differing: number;
  /** How long writers of the live table waited. */
  readonly heldMs: number;
}

export interface RebuildOptions {
  readonly say: (line: string) => void;
  /** Begins anew, also when an interrupted rebuild could go on. */
  readonly fresh?: boolean;
}

/** How many partitions are read at the same time: `Events/Read` takes four of a process. */
const AT_A_TIME = 4;
const REPORT_INTERVAL_MS = 1_000;
/** Once all partitions are caught up within so long, what is left is little enough for the switch. */
const CAUGHT_UP_MS = 1_000;
/** When writers are as fast as the rebuild it never catches up: then the switch has to, which is short or is tried again. */
const CATCH_UP_ROUNDS = 20;
/** Others queue behind who waits for a lock, so it gives up soon and tries again. Below the server's `deadlock_timeout`. */
const LOCK_WAIT_MS = 500;
/** Below the `lock_timeout` of the writers that wait. */
const HOLD_MS = 4_000;
const SWITCH_ATTEMPTS = 60;
const MAX_PAUSE_MS = 2_000;
const BATCH_ATTEMPTS = 5;

/**
 * Rebuilds a view in a table beside the live one, while the service runs, then puts it in its place in one transaction. Readers of the
 * live table wait only for the renaming, writers while the last few events are applied. Interrupted, it goes on where it was.
 * @param migrator connects as the role that owns the schema
 */
export const rebuildView = <Event extends { readonly type: string }>(
  migrator: Database,
  view: View<Event>,
  source: ViewSource<Event>,
  options: RebuildOptions,
): Promise<Rebuilt> => new ViewRebuild(migrator, view, source, options).run();

class ViewRebuild<Event extends { readonly type: string }> {
  private readonly table: RebuiltTable;
  private readonly reader: string;
  private readonly batchSize: number;
  private places = new Map<number, Place>();
  private events = 0;
  /** Keys of rows whose carried-over columns may have changed since all were copied. */
  private touched: Set<unknown> | undefined;

  constructor(
    private readonly db: Database,
    private readonly view: View<Event>,
    private readonly source: ViewSource<Event>,
    private readonly options: RebuildOptions,
  ) {
    this.table = new RebuiltTable(db, view);
    this.reader = `rebuild ${view.table}`;
    this.batchSize = view.batchSize ?? 500;
  }

  async run(): Promise<Rebuilt> {
    await this.begin();
    await this.catchUp();
    await this.table.noteDiffering();
    this.touched = new Set();
    await this.table.carryOver();
    await this.catchUp();
    const rows = await this.table.countRows();
    return { rows, ...(await this.switchTables()), events: this.events };
  }

  private async begin(): Promise<void> {
    const { db, table, reader, source } = this;
    const goesOn = !this.options.fresh && (await table.exists());
    if (!goesOn)
      await db.transaction(async (tx) => {
        await tx.query('delete from es.steps where reader = $1', [reader]);
        await table.create(tx);
      });
    const steps = await lastSteps(db, reader, source.partitions);
    this.places = new Map([...steps].map(([partition, { place }]) => [partition, place]));
    if (goesOn) this.say(`goes on behind ${this.position()} positions that were applied before`);
  }

  /** Up to what the live table follows, a few partitions at a time, until little is left. */
  private async catchUp(): Promise<void> {
    for (let round = 1; round <= CATCH_UP_ROUNDS; round++) {
      const [before, began] = [this.events, performance.now()];
      const heads = await this.source.heads();
      const stopReports = this.report([...heads.values()].reduce((sum, { position }) => sum + position, 0n));
      const failing = new AbortController();
      const waiting = [...this.source.partitions];
      const worker = async () => {
        try {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            failing.signal.throwIfAborted();
            await this.follow(next, failing.signal);
          }
        } catch (error) {
          failing.abort(error);
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, worker));
      stopReports();
      if (failing.signal.aborted) throw failing.signal.reason;
      if (this.events - before < this.batchSize || performance.now() - began < CAUGHT_UP_MS) return;
    }
  }

  private async follow(partition: number, signal: AbortSignal): Promise<void> {
    const after = this.places.get(partition) ?? { position: 0n, hash: '' };
    for await (const batch of this.source.batches(partition, after, this.batchSize, signal))
      await this.take(partition, batch);
  }

  /** Events and the place behind them in one transaction. */
  private async take(partition: number, { events, place }: Batch<Event>): Promise<void> {
    const { db, reader, view } = this;
    const after = this.places.get(partition)?.position ?? 0n;
    if (place.position <= after) return;
    const own = this.ofView(events);
    for (let attempt = 1; ; attempt++) {
      try {
        await db.transaction(async (tx) => {
          await takeSteps(tx, [{ reader, partition, after, place }]);
          if (own.length > 0) await view.apply(tx, own);
        });
        break;
      } catch (error) {
        if (error instanceof StepTaken)
          throw new Error(`another rebuild of ${view.table} is running`, { cause: error });
        // Partitions that write the same rows.
        if (codeOf(error) !== DEADLOCK || attempt === BATCH_ATTEMPTS) throw error;
      }
    }
    this.places.set(partition, place);
    this.applied(own);
  }

  private applied(own: readonly Event[]): void {
    this.events += own.length;
    for (const key of this.view.carriedOver?.keysOf(own) ?? []) this.touched?.add(key);
  }

  private async switchTables(): Promise<Pick<Rebuilt, 'differing' | 'heldMs'>> {
    for (let attempt = 1; ; attempt++) {
      await this.catchUp();
      const before = await this.table.countDiffering();
      try {
        return await this.trySwitch(before);
      } catch (error) {
        if (!isTransient(error) || attempt === SWITCH_ATTEMPTS) throw error;
        this.say(`the live table is busy: it is switched later (attempt ${attempt})`);
        await delay(Math.random() * Math.min(MAX_PAUSE_MS, 100 * 2 ** attempt));
      }
    }
  }

  private async trySwitch(before: Differing): Promise<Pick<Rebuilt, 'differing' | 'heldMs'>> {
    const { db, table, view, source } = this;
    let since = performance.now();
    const switched = await db.transaction(
      async (tx) => {
        await tx.query(`set local lock_timeout = ${LOCK_WAIT_MS}`);
        // A writer that waits for it writes its rows into the new table.
        await tx.query(`lock table ${view.table} in exclusive mode`);
        since = performance.now();
        const rest = this.ofView(await source.rest(tx, this.places, AbortSignal.timeout(HOLD_MS)));
        if (rest.length > 0) await view.apply(tx, rest);
        await table.carryOverKeys(tx, new Set([...(this.touched ?? []), ...(view.carriedOver?.keysOf(rest) ?? [])]));
        const { differing } = before.isQuick ? await table.countDifferingIn(tx) : before;
        await table.putInPlace(tx);
        await tx.query('delete from es.steps where reader = $1', [this.reader]);
        return { differing, rest };
      },
      { timeoutMs: HOLD_MS + LOCK_WAIT_MS },
    );
    this.events += switched.rest.length;
    return { differing: switched.differing, heldMs: Math.ceil(performance.now() - since) };
  }

  private ofView(events: readonly Event[]): Event[] {
    return events.filter(({ type }) => this.view.types.includes(type));
  }

  private position(): bigint {
    return [...this.places.values()].reduce((sum, { position }) => sum + position, 0n);
  }

  /** Each second, from the first on. */
  private report(total: bigint): () => void {
    const timer = setInterval(() => {
      const position = this.position();
      const share = total === 0n ? 100n : (position * 100n) / total;
      this.say(`${position} of ${total} positions (${share < 100n ? share : 100n} %), ${this.events} events applied`);
    }, REPORT_INTERVAL_MS);
    return () => clearInterval(timer);
  }

  private say(line: string): void {
    this.options.say(`${this.view.table}: ${line}`);
  }
}

const DEADLOCK = '40P01';
/** A lock, a statement or a transaction that was not granted or done in time. */
const TRANSIENT: readonly (string | undefined)[] = [DEADLOCK, '55P03', '57014', '25P04'];

const codeOf = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined);

const isTransient = (error: unknown): boolean =>
  error instanceof Error &&
  (TRANSIENT.includes(codeOf(error)) || error.name === 'TimeoutError' || isTransient(error.cause));
