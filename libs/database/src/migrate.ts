import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { BoundedClient } from './bounded-client.js';
import { dataSourceOptions } from './database.js';
import { APP_ROLE } from './migration/grants.js';
import { inOrder, type MigrationClass } from './migration/migration.js';
import { MigrationRun, type Say } from './migration/migration-run.js';
import { olderMembers } from './migration/older-members.js';
import { connectionConfig, type Timeouts } from './timeouts.js';

export interface MigrateOptions {
  /** Connects as the role that owns the schema. */
  readonly url: string;
  readonly migrations: readonly MigrationClass[];
  /** The role that the service runs as; it may do what migrations grant. */
  readonly appRole: string;
  /**
   * What becomes of a migration that contracts while older processes run: it is left for a later start, or they are waited for.
   * @default leave
   */
  readonly contracting?: 'leave' | 'wait';
  readonly say?: Say;
  readonly signal?: AbortSignal;
}

/** A statement may take as long as it needs, and waits for a lock no longer than others can wait behind it. */
const LIMITS: Partial<Timeouts> = {
  statementMs: 0,
  lockMs: 2_000,
  idleInTransactionMs: 60_000,
  transactionMs: 0,
  queryMs: 0,
};

const POLL_MS = 500;
const SAY_INTERVAL_MS = 10_000;

/**
 * Runs the migrations that have not run yet, by their kinds; they grant rights to the application's role. Processes that start at the
 * same time wait for each other. What contracts comes last.
 */
export const migrate = async (options: MigrateOptions): Promise<void> => {
  const { say = () => undefined, signal, contracting = 'leave' } = options;
  const ordered = inOrder(options.migrations);
  const client = new BoundedClient(connectionConfig({ url: options.url, timeouts: LIMITS }));
  await client.connect();
  try {
    const expanding = ordered.filter(({ contracts }) => contracts === undefined);
    await locked(client, say, signal, () => runMigrations(client, expanding, options));
    for (const migration of ordered.filter(({ contracts }) => contracts !== undefined)) {
      if ((await executedMigrations(client)).includes(migration.name)) continue;
      if (!(await nobodyIsOlder(client, migration, contracting === 'wait', say, signal))) continue;
      await locked(client, say, signal, () => runMigrations(client, [migration], options));
    }
  } finally {
    await client.end();
  }
};

const LOCK = "hashtextextended('migrations', 0)";
const TABLE = 'public.migrations';

/** One process migrates at a time. The lock ends with its session, and so does that of a process that was killed. */
const locked = async (
  client: pg.Client,
  say: Say,
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<void> => {
  const isMine = async () =>
    (await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${LOCK}) as mine`)).rows[0]?.mine === true;
  await until(isMine, () => say('another process is migrating', {}), signal);
  try {
    await work();
  } finally {
    await client.query(`select pg_advisory_unlock(${LOCK})`).catch(() => undefined);
  }
};

/** @returns whether it may run now */
const nobodyIsOlder = async (
  client: pg.Client,
  { name, contracts = '' }: MigrationClass,
  wait: boolean,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  let older: readonly string[] = [];
  const isAlone = async () => {
    older = await olderMembers(client, contracts);
    return older.length === 0;
  };
  if (wait) {
    await until(
      isAlone,
      () => say('a migration waits until older processes have ended', { migration: name, contracts, older }),
      signal,
    );
    return true;
  }
  if (await isAlone()) return true;
  say('a migration is left until older processes have ended', { migration: name, contracts, older });
  return false;
};

const until = async (
  isSo: () => Promise<boolean>,
  sayWhy: () => void,
  signal: AbortSignal | undefined,
): Promise<void> => {
  for (let saidAt = -Infinity; !(await isSo()); ) {
    signal?.throwIfAborted();
    if (performance.now() - saidAt > SAY_INTERVAL_MS) {
      sayWhy();
      saidAt = performance.now();
    }
    await delay(POLL_MS, undefined, { ...(signal ? { signal } : {}) });
  }
};

const runMigrations = async (
  client: BoundedClient,
  migrations: readonly MigrationClass[],
  { url, appRole, say = () => undefined }: MigrateOptions,
): Promise<void> => {
  const app = client.escapeIdentifier(appRole);
  // A service waits for the names of migrations, so that it has to read them. PostgreSQL lets everybody call a new function by default.
  await client.query(`grant usage on schema public to ${app};
    alter default privileges revoke execute on functions from public;
    create table if not exists ${TABLE} (id serial primary key, timestamp bigint not null, name varchar not null);
    grant select on ${TABLE} to ${app};
    create table if not exists public.migration_places (name text primary key, place jsonb, batches bigint, rows bigint)`);
  const executed = await executedMigrations(client);
  const pending = migrations.filter(({ name }) => !executed.includes(name));
  if (pending.length > 0) await runPending(client, { url, appRole, pending, say });
};

interface Pending {
  readonly url: string;
  readonly appRole: string;
  readonly pending: readonly MigrationClass[];
  readonly say: Say;
}

const runPending = async (client: BoundedClient, { url, appRole, pending, say }: Pending): Promise<void> => {
  const dataSource = new DataSource(dataSourceOptions({ url, poolSize: 1, timeouts: LIMITS }));
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    // A statement of a process that was killed ends soon, and its locks with it. Not every platform can tell.
    await runner.query("set client_connection_check_interval = '1s'").catch(() => undefined);
    await runner.query('select set_config($1, $2, false)', [APP_ROLE, appRole]);
    const run = new MigrationRun(runner, client, say);
    for (const migration of pending) await run.run(migration);
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
};

const exists = async (client: pg.Client, relation: string): Promise<boolean> => {
  const { rows } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [relation]);
  return rows[0]?.found === true;
};

/** The names of the migrations that have run. */
export const executedMigrations = async (client: pg.Client): Promise<string[]> => {
  if (!(await exists(client, TABLE))) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${TABLE}`);
  return rows.map(({ name }) => name);
};

/** Whether another process is migrating: it may not have granted yet that the names of migrations are read. */
export const migrationsAreRunning = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ free: boolean }>(`select pg_try_advisory_lock_shared(${LOCK}) as free`);
  if (rows[0]?.free !== true) return true;
  await client.query(`select pg_advisory_unlock_shared(${LOCK})`);
  return false;
};
