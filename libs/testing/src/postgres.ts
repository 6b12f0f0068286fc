import { randomBytes } from 'node:crypto';
import { type MigrationClass, migrate } from '@crossroads/database';
import { freePort } from '@crossroads/local';
import pg from 'pg';
import { startPostgresServer } from './servers.js';

export { freePort };

export interface TestPostgres {
  /** The URL of the superuser, database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The server of `TEST_POSTGRES_URL`, or one for this process that is started at the first call. */
export const testPostgres = (): Promise<TestPostgres> => {
  shared ??= start();
  return shared;
};

let shared: Promise<TestPostgres> | undefined;

const start = async (): Promise<TestPostgres> => {
  const given = process.env.TEST_POSTGRES_URL;
  if (given !== undefined && given !== '') {
    return { url: given, stop: async () => undefined };
  }
  return ownPostgres();
};

/**
 * A server for this spec file alone, for specs that hold a transaction open: the log of every database on a server ends at its oldest
 * open transaction, so that other specs would wait for this one. Await it before the first database is made.
 */
export const ownPostgres = (): Promise<TestPostgres> => {
  shared = startPostgresServer().then(({ url, stop }) => ({
    url,
    stop: async () => {
      shared = undefined;
      await stop();
    },
  }));
  return shared;
};

export interface TestDatabase {
  /** The URL of the role of the running service. */
  readonly url: string;
  /** The URL of the role that owns the schema. */
  readonly migratorUrl: string;
  /** The URL of the superuser. */
  readonly adminUrl: string;
  readonly name: string;
  readonly appRole: string;
  /** Ends all connections to it, as a restart of the server does. */
  dropConnections(): Promise<void>;
  drop(): Promise<void>;
}

/** A new, migrated database with its two roles. Drop it, and stop the server, in `afterAll`. */
export const testDatabase = async (...migrations: readonly MigrationClass[]): Promise<TestDatabase> => {
  const server = await testPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const [migrator, appRole] = [`${name}_migrator`, `${name}_app`];
  await asAdmin(server.url, [
    // These passwords are no secrets, and each connection would take its time for the usual 4096 rounds of hashing.
    'set scram_iterations = 1',
    `create role ${migrator} login password '${migrator}'`,
    `create role ${appRole} login password '${appRole}'`,
    `create database ${name} owner ${migrator} strategy file_copy`,
  ]);
  const migratorUrl = urlOf(server.url, name, migrator);
  if (migrations.length > 0) await migrate({ url: migratorUrl, migrations, appRole });
  return {
    name,
    appRole,
    migratorUrl,
    url: urlOf(server.url, name, appRole),
    adminUrl: urlOf(server.url, name),
    dropConnections: () =>
      asAdmin(server.url, [`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`]),
    drop: () =>
      asAdmin(server.url, [`drop database ${name} with (force)`, `drop role ${appRole}`, `drop role ${migrator}`]),
  };
};

const urlOf = (server: string, database: string, role?: string): string => {
  const url = new URL(server);
  url.pathname = `/${database}`;
  if (role !== undefined) [url.username, url.password] = [role, role];
  return url.href;
};

const asAdmin = async (url: string, statements: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

/** Every row of every table as text, with base64 and bytea decoded, to search for personal data. */
export const allRows = async (adminUrl: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ line: string }>(`select t::text as line from ${name} t`);
      for (const { line } of rows) {
        texts.push(line);
        for (const [base64] of line.matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g))
          texts.push(Buffer.from(base64, 'base64').toString('latin1'));
        for (const [, hex = ''] of line.matchAll(/\\x([0-9a-f]+)/g))
          texts.push(Buffer.from(hex, 'hex').toString('latin1'));
      }
    }
    return texts;
  } finally {
    await client.end();
  }
};
