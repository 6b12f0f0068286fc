import { setTimeout as delay } from 'node:timers/promises';
import { BoundedClient } from './bounded-client.js';
import { executedMigrations, type MigrateOptions, migrate, migrationsAreRunning } from './migrate.js';
import type { MigrationClass } from './migration/migration.js';
import { connectionConfig } from './timeouts.js';

/** One database of a service and its migrations. */
export interface Schema {
  /** Connects as the role that the service runs as. */
  readonly url: string;
  /** Connects as the role that owns the schema. Absent where another process migrates. */
  readonly migratorUrl: string | undefined;
  readonly migrations: readonly MigrationClass[];
}

export interface Waiting {
  /** Called with what is missing: at once, and again every ten seconds. */
  readonly say: (what: string, details: Readonly<Record<string, unknown>>) => void;
  /** @default a minute and a half */
  readonly withinMs?: number;
  readonly signal?: AbortSignal;
}

/** Less than the two minutes of the startup probe, so that the process itself reports the reason. */
const WITHIN_MS = 90_000;
const POLL_MS = 500;
const LOG_INTERVAL_MS = 10_000;

type Migrating = Pick<MigrateOptions, 'contracting' | 'say' | 'signal'>;

/** Migrates every database. @throws when one has no migrator's URL */
export const migrateSchemas = async (schemas: readonly Schema[], migrating: Migrating = {}): Promise<void> => {
  for (const schema of schemas)
    if (schema.migratorUrl === undefined) throw new Error(`there is no migrator's URL for ${databaseOf(schema)}`);
  for (const schema of schemas) await migrateOne(schema, migrating);
};

/**
 * Migrates the databases whose migrator's URL is given, and waits until another process has migrated the others. Migrations that this
 * process does not know are those of a newer version; this one works with them, since migrations only expand.
 * @throws when the schema is not there in time
 */
export const prepareSchemas = async (schemas: readonly Schema[], waiting: Waiting): Promise<void> => {
  const { say, signal } = waiting;
  for (const schema of schemas)
    await (schema.migratorUrl === undefined
      ? wait(schema, waiting)
      : migrateOne(schema, { say, ...(signal ? { signal } : {}) }));
};

const migrateOne = async ({ url, migratorUrl, migrations }: Schema, migrating: Migrating): Promise<void> => {
  if (migratorUrl !== undefined) await migrate({ url: migratorUrl, migrations, appRole: roleOf(url), ...migrating });
};

const wait = async (schema: Schema, { say, withinMs = WITHIN_MS, signal }: Waiting): Promise<void> => {
  const startedAt = performance.now();
  let loggedAt = -Infinity;
  for (;;) {
    const lacking = await lackingIn(schema);
    if (lacking === undefined) return;
    signal?.throwIfAborted();
    if (performance.now() - startedAt > withinMs)
      throw new Error(
        `the schema of ${databaseOf(schema)} was not there within ${withinMs / 1000} s (${lacking}); migrate it: main.js migrate`,
      );
    if (performance.now() - loggedAt > LOG_INTERVAL_MS) {
      say('waiting for a schema', { database: databaseOf(schema), lacking });
      loggedAt = performance.now();
    }
    await delay(POLL_MS, undefined, { ...(signal ? { signal } : {}) }).catch(() => undefined);
  }
};

/** What is missing; undefined when nothing is. Nobody needs that something was removed. */
const lackingIn = async ({ url, migrations }: Schema): Promise<string | undefined> => {
  const client = new BoundedClient(connectionConfig({ url }));
  try {
    await client.connect();
    if (await migrationsAreRunning(client)) return 'a migration is under way';
    const executed = new Set(await executedMigrations(client));
    const missing = migrations.flatMap(({ name, contracts }) =>
      executed.has(name) || contracts !== undefined ? [] : [name],
    );
    return missing.length === 0 ? undefined : missing.join(', ');
  } catch (error) {
    // The database, its role or the table of migrations does not exist yet.
    return `PostgreSQL says ${String(Reflect.get(Object(error), 'code') ?? 'nothing')}`;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const databaseOf = ({ url }: Schema): string => `database ${new URL(url).pathname.slice(1)}`;

/** The role of a PostgreSQL URL, to which the migrations grant rights. */
const roleOf = (url: string): string => decodeURIComponent(new URL(url).username);
