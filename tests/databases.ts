import pg from 'pg';
import type { WholeMesh } from './whole-mesh.js';

/** Queries a database of the mesh as superuser. Names of databases are those of `mesh.json`: `exchange`, `exchange_keys` … */
export const ask = async <Row extends pg.QueryResultRow>(
  mesh: WholeMesh,
  database: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> => withDatabase(mesh, database, async (client) => (await client.query<Row>(sql, values)).rows);

export const withDatabase = async <Value>(
  mesh: WholeMesh,
  database: string,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> => {
  const client = await openDatabase(mesh, database);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** The caller must close it. */
export const openDatabase = async (mesh: WholeMesh, database: string): Promise<pg.Client> => {
  const url = new URL(mesh.local.mesh().postgres.adminUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  // Some specs kill PostgreSQL; without a listener the error would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};
