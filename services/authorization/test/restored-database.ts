import type { TestDatabase } from '@crossroads/testing';
import pg from 'pg';

const onServer = async (database: TestDatabase, statements: readonly string[]): Promise<void> => {
  const url = new URL(database.adminUrl);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

/** A physical copy, as a backup is. Nobody may be connected. */
export const backUp = (database: TestDatabase): Promise<void> =>
  onServer(database, [
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}'`,
    `create database ${database.name}_copy template ${database.name} owner ${new URL(database.migratorUrl).username}`,
  ]);

/** The copy takes the place of the database, whoever is connected to it. */
export const restore = (database: TestDatabase): Promise<void> =>
  onServer(database, [
    `drop database if exists ${database.name}_lost with (force)`,
    `alter database ${database.name} allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}'`,
    `alter database ${database.name} rename to ${database.name}_lost`,
    `alter database ${database.name}_copy rename to ${database.name}`,
  ]);

export const dropLost = (database: TestDatabase): Promise<void> =>
  onServer(database, [`drop database if exists ${database.name}_lost with (force)`]);

export const setReadOnly = (database: TestDatabase, readOnly: boolean): Promise<void> =>
  onServer(database, [
    `alter database ${database.name} set default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
    // Sessions take it at their start.
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}'`,
  ]);

/** As the superuser, who may do what no service may. */
export const asSuperuser = async <Row>(
  database: TestDatabase,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    return (await client.query<Row & pg.QueryResultRow>(sql, [...params])).rows;
  } finally {
    await client.end();
  }
};
