import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { quietLogger } from './quiet-logger.js';

/**
 * A TypeORM migration; its name ends in a timestamp, by which migrations are ordered. One that has run somewhere is neither
 * renamed nor edited. Migrations expand (a table, a column with a default, an index): they run while the previous version of the
 * service is still at work.
 */
export interface MigrationClass {
  new (): MigrationInterface;
  readonly name: string;
  /** Of a migration that removes something: the version since which nothing uses it. It ships one version later. */
  readonly contracts?: string;
}

export interface MigrateOptions {
  /** Connects as the role that owns the schema. */
  readonly url: string;
  readonly migrations: readonly MigrationClass[];
  /** The role that the service runs as; it may read and write the service's tables, and append to the event log. */
  readonly appRole: string;
}

/**
 * Runs the migrations that have not run yet, each in a transaction of its own (unless it says `transaction = false`), and grants
 * rights to the application's role. Processes that start at the same time wait for each other.
 */
export const migrate = async ({ url, migrations, appRole }: MigrateOptions): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(${LOCK})`);
    const app = client.escapeIdentifier(appRole);
    await client.query(`grant usage on schema public to ${app};
      alter default privileges in schema public grant select, insert, update, delete on tables to ${app};
      alter default privileges in schema public grant usage, select on sequences to ${app}`);
    await runPending(url, migrations);
    await grantEventStore(client, app);
  } finally {
    await client.end();
  }
};

const LOCK = "hashtextextended('migrations', 0)";
const TABLE = 'public.migrations';

const runPending = async (url: string, migrations: readonly MigrationClass[]): Promise<void> => {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    logger: quietLogger,
    poolSize: 2,
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
};

/** The names of the migrations that have run. */
export const executedMigrations = async (client: pg.Client): Promise<string[]> => {
  const found = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [TABLE]);
  if (found.rows[0]?.found !== true) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${TABLE}`);
  return rows.map(({ name }) => name);
};

/** Whether another process is migrating: tables may exist without their grants. */
export const migrationsAreRunning = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ free: boolean }>(`select pg_try_advisory_lock_shared(${LOCK}) as free`);
  if (rows[0]?.free !== true) return true;
  await client.query(`select pg_advisory_unlock_shared(${LOCK})`);
  return false;
};

/**
 * The log is append-only by its grants: no role that a service runs as can change or remove an event. Only `es.stamp` writes places.
 * A service that only consumes has no events, but steps.
 */
const grantEventStore = async (client: pg.Client, app: string): Promise<void> => {
  const { rows } = await client.query<{ table: string }>(
    "select table_name as table from information_schema.tables where table_schema = 'es'",
  );
  if (rows.length === 0) return;
  const there = new Set(rows.map(({ table }) => table));
  const grants = Object.entries(EVENT_STORE_GRANTS).filter(([table]) => there.has(table));
  await client.query(`grant usage on schema es to ${app};
    ${grants.map(([table, rights]) => `grant ${rights} on es.${table} to ${app};`).join('\n')}
    grant execute on all functions in schema es to ${app}`);
};

const EVENT_STORE_GRANTS: Readonly<Record<string, string>> = {
  logs: 'select',
  events: 'select, insert',
  checkpoints: 'select, insert, update, delete',
  past: 'select',
  requests: 'select, insert',
  log: 'select',
  steps: 'select, insert, delete',
  leases: 'select, insert, update, delete',
  members: 'select, insert, update, delete',
};
