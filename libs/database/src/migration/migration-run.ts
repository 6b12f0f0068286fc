import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { Backfill, type MigrationClass, timestampOf } from './migration.js';
import { onlineStatements } from './online-statements.js';

/** Told what a migration does, at most every few seconds, and without anything that is in a row. */
export type Say = (what: string, details: Readonly<Record<string, unknown>>) => void;

const SAY_MS = 2_000;
const LOCK_TIMEOUT = '55P03';
/** Between attempts, those who queued behind the lock get their turn. */
const RETRY_MS = 500;

/** Runs migrations on one connection. */
export class MigrationRun {
  private saidAt = performance.now();

  constructor(
    readonly runner: QueryRunner,
    /** Another connection, to look at the first one. */
    private readonly observer: pg.Client,
    readonly say: Say,
  ) {}

  async run(migration: MigrationClass): Promise<void> {
    const { name, kind = 'transactional' } = migration;
    const startedAt = performance.now();
    const instance = new migration();
    if (instance instanceof Backfill) await this.backfill(migration, instance);
    else if (kind === 'online') {
      await this.whileLocked(name, () => onlineStatements(this, name, () => instance.up(this.runner)));
      await this.note(migration);
    } else
      await this.inTransaction(name, async () => {
        await instance.up(this.runner);
        await this.note(migration);
      });
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    if (seconds >= SAY_MS / 1_000) this.say('migrated', { migration: name, seconds });
  }

  /** Says how far the statement is, while it runs. */
  async watching<Result>(name: string, statement: () => Promise<Result>): Promise<Result> {
    const [self] = (await this.runner.query('select pg_backend_pid() as pid')) as { pid: number }[];
    const timer = setInterval(() => {
      this.observer
        .query<Record<string, unknown>>(PROGRESS, [self?.pid])
        .then(({ rows: [row] }) => this.say('a migration goes on', { migration: name, ...row }))
        .catch(() => undefined);
    }, SAY_MS);
    try {
      return await statement();
    } finally {
      clearInterval(timer);
    }
  }

  private async backfill(migration: MigrationClass, instance: Backfill): Promise<void> {
    const { runner } = this;
    const { name } = migration;
    for (let ended = false; !ended; ) {
      await this.inTransaction(name, async () => {
        const [stored] = (await runner.query(
          'select place, batches, rows from public.migration_places where name = $1 for update',
          [name],
        )) as { place: unknown; batches: number; rows: number }[];
        const batch = await instance.batch(runner, stored?.place);
        ended = batch === undefined;
        if (batch === undefined) {
          await runner.query('delete from public.migration_places where name = $1', [name]);
          return this.note(migration);
        }
        const [batches, rows] = [Number(stored?.batches ?? 0) + 1, Number(stored?.rows ?? 0) + batch.rows];
        await runner.query(
          `insert into public.migration_places (name, place, batches, rows) values ($1, $2, $3, $4)
           on conflict (name) do update set place = $2, batches = $3, rows = $4`,
          [name, JSON.stringify(batch.place), batches, rows],
        );
        this.sayNowAndThen('a backfill goes on', { migration: name, batches, rows });
      });
    }
  }

  private async inTransaction(name: string, work: () => Promise<void>): Promise<void> {
    const { runner } = this;
    await this.whileLocked(name, async () => {
      await runner.startTransaction();
      try {
        await work();
        await runner.commitTransaction();
      } catch (error) {
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    });
  }

  /** A statement that waits for a lock makes all others wait behind it: it gives up soon, and is repeated. */
  private async whileLocked(name: string, attempt: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (Reflect.get(Object(error), 'code') !== LOCK_TIMEOUT) throw error;
        this.sayNowAndThen('a migration waits for a lock', { migration: name });
        await delay(RETRY_MS + Math.random() * RETRY_MS);
      }
    }
  }

  private async note(migration: MigrationClass): Promise<void> {
    await this.runner.query('insert into public.migrations (timestamp, name) values ($1, $2)', [
      timestampOf(migration),
      migration.name,
    ]);
  }

  private sayNowAndThen(what: string, details: Readonly<Record<string, unknown>>): void {
    if (performance.now() - this.saidAt < SAY_MS) return;
    this.saidAt = performance.now();
    this.say(what, details);
  }
}

const PROGRESS = `
  select p.phase, p.blocks_done as "blocksDone", p.blocks_total as "blocksTotal",
         p.lockers_done as "transactionsEnded", p.lockers_total as "transactionsWaitedFor"
    from pg_stat_progress_create_index p where p.pid = $1`;
