import { createHmac } from 'node:crypto';
import { databaseOf } from '@crossroads/topology';
import pg from 'pg';

/** A database, by the URL of its two roles. */
export interface LocalDatabase {
  readonly name: string;
  /** Reads and appends. */
  readonly app: string;
  /** Owns the database: makes schemas and tables. */
  readonly migrator: string;
}

/** The databases of one service, and its two roles. */
export interface Databases {
  readonly main: LocalDatabase;
  /** Subject keys, stored apart from the data that they encrypt. */
  readonly keys?: LocalDatabase;
}

/** The URLs of a service's databases. Passwords are derived from `secret`, so that only this one is stored. */
export const databasesOf = (adminUrl: string, service: string, keys: boolean, secret: string): Databases => {
  const name = databaseOf(service);
  const database = (database: string): LocalDatabase => ({
    name: database,
    app: urlOf(adminUrl, database, `${name}_app`, secret),
    migrator: urlOf(adminUrl, database, `${name}_migrator`, secret),
  });
  return { main: database(name), ...(keys ? { keys: database(`${name}_keys`) } : {}) };
};

const urlOf = (adminUrl: string, database: string, role: string, secret: string): string => {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = createHmac('sha256', secret).update(role).digest('hex').slice(0, 32);
  url.pathname = `/${database}`;
  return url.href;
};

/** Makes databases and roles that do not exist. */
export const ensureDatabases = async (adminUrl: string, { main, keys }: Databases): Promise<void> => {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const database of keys ? [main, keys] : [main]) await ensureDatabase(client, database);
  } finally {
    await client.end();
  }
};

const ensureDatabase = async (client: pg.Client, { name, app, migrator }: LocalDatabase): Promise<void> => {
  const { rows } = await client.query<{ ready: boolean; made: boolean }>(
    `select exists (select from pg_database where datname = $1) as made,
            exists (select from pg_database where datname = $1 and shobj_description(oid, 'pg_database') = 'crossroads') as ready`,
    [name],
  );
  if (rows[0]?.ready) return;
  const owner = await ensureRole(client, migrator);
  const reader = await ensureRole(client, app);
  const database = client.escapeIdentifier(name);
  // An outside server's administrator need not be a superuser, and may give away only to roles that it is a member of.
  await client.query(`grant ${owner} to current_user`).catch(() => {});
  if (!rows[0]?.made) await client.query(`create database ${database} owner ${owner}`);
  await client.query(`revoke all on database ${database} from public`);
  await client.query(`grant connect on database ${database} to ${reader}`);
  await client.query(`comment on database ${database} is 'crossroads'`);
};

/** Makes the role of a URL, or sets its password. Resolves to its name as an SQL identifier. */
const ensureRole = async (client: pg.Client, url: string): Promise<string> => {
  const { username, password } = new URL(url);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [username]);
  const role = client.escapeIdentifier(username);
  await client.query(`${rowCount ? 'alter' : 'create'} role ${role} login password ${client.escapeLiteral(password)}`);
  return role;
};
