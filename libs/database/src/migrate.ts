import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;
import { quietLogger } from './quiet-logger.js';

/**
 * One step of a schema. `name` identifies it for good: neither rename nor edit a step that has run somewhere. Steps expand
 * (a table, a column with a default, an index): they run while the version before is still at work, which must bear them.
 */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** For a step that takes something away: since which version nothing uses it any more. It comes a version after that. */
  readonly contracts?: string;
}

export interface MigrateOptions {
  /** Connects as the role that owns the schema. */
  readonly url: string;
  /** In order; `[...eventStoreMigrations, ...own]` where there is a log. */
  readonly migrations: readonly (Migration | MigrationClass)[];
  /** The role that the service runs as; it gets no more than it needs. */
  readonly appRole: string;
  /** Of the service's own tables: the app role may read and write all that migrations create in it. @default public */
  readonly schema?: string;
}

/**
 * Runs what has not run yet, each step in a transaction of its own, and grants. Processes that start at the same time
 * wait for each other.
 */
export const migrate = async ({ url, migrations, appRole, schema = 'public' }: MigrateOptions): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(${LOCK})`);
    const [own, app] = [client.escapeIdentifier(schema), client.escapeIdentifier(appRole)];
    if (schema !== 'public') await client.query(`create schema if not exists ${own}`);
    await client.query(`grant usage on schema ${own} to ${app};
      alter default privileges in schema ${own} grant select, insert, update, delete on tables to ${app};
      alter default privileges in schema ${own} grant usage, select on sequences to ${app}`);
    const names = await executedNames(client, schema);
    await runPending(url, schema, migrations, names);
    await grantEventStore(client, app);
  } finally {
    await client.end();
  }
};

const LOCK = "hashtextextended('migrations', 0)";
const TABLE = 'migrations';
const FIRST_STAMP = 1_700_000_000_000;

/** TypeORM sorts by thirteen digits at the end of a name: a step keeps those under which it ran, a new one gets the next. */
const runPending = async (
  url: string,
  schema: string,
  migrations: readonly (Migration | MigrationClass)[],
  executed: readonly string[],
) => {
  const stampOf = new Map(executed.map((name) => [name.slice(0, -14), Number(name.slice(-13))]));
  let last = Math.max(FIRST_STAMP, ...[...stampOf.values()].filter((stamp) => stamp < 1_700_000_100_000));
  const nameOf = (one: Migration | MigrationClass) => one.name;
  if (new Set(migrations.map(nameOf)).size < migrations.length)
    throw new TypeError('two migrations have the same name');
  const steps = migrations.map((one) =>
    typeof one === 'function' ? one : stepOf(`${one.name}-${stampOf.get(one.name) ?? ++last}`, one.sql),
  );

  const dataSource = new DataSource({
    type: 'postgres',
    url,
    logger: quietLogger,
    schema,
    poolSize: 2,
    migrations: steps,
    migrationsTableName: TABLE,
    migrationsTransactionMode: 'each',
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
};

const stepOf = (stamped: string, sql: string) =>
  class implements MigrationInterface {
    readonly name = stamped;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }

    async down(): Promise<void> {
      throw new Error('a schema only goes forward');
    }
  };

/** The names of the steps that have run. */
export const executedMigrations = async (client: pg.Client): Promise<string[]> =>
  (await executedNames(client, 'public')).map((name) => (/-\d{13}$/.test(name) ? name.slice(0, -14) : name));

/** Whether somebody migrates at this moment: what has run may not yet have its grants. */
export const migrationsAreRunning = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ free: boolean }>(`select pg_try_advisory_lock_shared(${LOCK}) as free`);
  if (rows[0]?.free !== true) return true;
  await client.query(`select pg_advisory_unlock_shared(${LOCK})`);
  return false;
};

const executedNames = async (client: pg.Client, schema: string): Promise<string[]> => {
  const table = `${client.escapeIdentifier(schema)}.${TABLE}`;
  const found = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [table]);
  if (found.rows[0]?.found !== true) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${table}`);
  return rows.map(({ name }) => name);
};

/** Append-only is a grant, not a habit: no role that a service runs as can change or remove an event. */
const grantEventStore = async (client: pg.Client, app: string): Promise<void> => {
  const { rows } = await client.query<{ found: boolean }>("select to_regnamespace('es') is not null as found");
  if (rows[0]?.found !== true) return;
  await client.query(`grant usage on schema es to ${app};
    grant select, insert on es.events to ${app};
    grant select, insert, update, delete on es.checkpoints, es.projections to ${app};
    grant execute on all functions in schema es to ${app}`);
};
