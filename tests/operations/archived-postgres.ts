import { execFile } from 'node:child_process';
import { appendFileSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Databases, freePort, type Postgres, startPostgres } from '@crossroads/local';
import { eventually } from '@crossroads/testing';
import pg from 'pg';

/** A base backup: a copy of the data folder that was taken while the server worked. Of use only with the WAL archive. */
export interface BaseBackup {
  readonly folder: string;
  readonly archive: string;
}

/** Where a restored server ends: at an instant, as text of PostgreSQL, or with the last WAL of the archive. */
export type RestoreTarget = { readonly instant: string } | 'latest';

/**
 * A PostgreSQL server with a WAL archive and base backups, and what can be restored from them: what CloudNativePG does in a cluster, by the
 * same functions of the server (pg_backup_start, archive_command, restore_command, recovery.signal).
 */
export class ArchivedPostgres {
  private constructor(
    private readonly folder: string,
    readonly archive: string,
    private readonly postgres: Postgres,
  ) {}

  /** A new server in a folder of its own. */
  static async start(folder: string): Promise<ArchivedPostgres> {
    const port = await freePort();
    const first = await startPostgres({ dataFolder: folder, port, outside: '' });
    const archive = archiveIn(folder);
    for (const setting of archiving(archive)) await ask(first.adminUrl, `alter system set ${setting}`);
    await first.stop();
    return new ArchivedPostgres(folder, archive, await startPostgres({ dataFolder: folder, port, outside: '' }));
  }

  /** A new server from a backup and its archive. Resolves when it takes writes. */
  static async restore(backup: BaseBackup, folder: string, target: RestoreTarget): Promise<ArchivedPostgres> {
    const home = join(folder, 'postgres');
    mkdirSync(home, { recursive: true });
    await copy(backup.folder, home);
    const data = join(home, 'data');
    const archive = archiveIn(folder);
    const settings = [
      `restore_command = 'cp "${backup.archive}/%f" "%p"'`,
      // Said in both cases: the backup of a restored server still has the target of its own restore.
      `recovery_target_time = '${target === 'latest' ? '' : target.instant}'`,
      `recovery_target_action = 'promote'`,
      // Its own WAL goes into a new archive: the old one stays as it is.
      ...archiving(archive),
    ];
    appendFileSync(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
    writeFileSync(join(data, 'recovery.signal'), '');
    const { uid, gid } = statSync(join(data, 'PG_VERSION'));
    chownSync(join(data, 'recovery.signal'), uid, gid);
    const postgres = await startPostgres({ dataFolder: folder, port: await freePort(), outside: '' });
    const restored = new ArchivedPostgres(folder, archive, postgres);
    await eventually(
      () => restored.query<{ yes: boolean }>('select pg_is_in_recovery() as yes'),
      ([row]) => row?.yes === false,
    );
    return restored;
  }

  /** Of a service; made when they do not exist. */
  databasesOf(service: string): Promise<Databases> {
    return this.postgres.ensureService(service, { keys: true });
  }

  query<Row extends pg.QueryResultRow>(sql: string, url = this.postgres.adminUrl): Promise<Row[]> {
    return ask<Row>(url, sql);
  }

  /** The instant now, by the server's clock. */
  async instant(): Promise<string> {
    const [row] = await this.query<{ now: string }>('select clock_timestamp()::text as now');
    return row?.now ?? '';
  }

  async baseBackup(into: string): Promise<BaseBackup> {
    const client = await connected(this.postgres.adminUrl);
    try {
      await client.query(`select pg_backup_start('nightly', fast => true)`);
      mkdirSync(into, { recursive: true });
      await copy(join(this.folder, 'postgres'), into);
      const data = join(into, 'data');
      // The session of the start: pg_backup_stop ends what it began.
      const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()');
      writeFileSync(join(data, 'backup_label'), rows[0]?.labelfile ?? '');
      const { uid, gid } = statSync(join(data, 'PG_VERSION'));
      chownSync(join(data, 'backup_label'), uid, gid);
      // WAL comes from the archive.
      for (const name of readdirSync(join(data, 'pg_wal'))) rmSync(join(data, 'pg_wal', name), { recursive: true });
      for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(data, name), { force: true });
      return { folder: into, archive: this.archive };
    } finally {
      await client.end();
    }
  }

  /** Waits until everything that was committed is in the archive. */
  async archived(): Promise<void> {
    const [current] = await this.query<{ file: string }>('select pg_walfile_name(pg_switch_wal()) as file');
    await eventually(
      () => readdirSync(this.archive),
      (files) => files.some((file) => file === current?.file),
    );
  }

  stop(): Promise<void> {
    return this.postgres.stop();
  }

  /** The disk is gone; the archive, which lies elsewhere, is not. */
  async lose(): Promise<void> {
    await this.postgres.stop();
    rmSync(join(this.folder, 'postgres'), { recursive: true, force: true });
  }
}

const archiving = (archive: string): string[] => [
  `archive_mode = 'on'`,
  // The copy has its name only when it is whole.
  `archive_command = 'test ! -f "${archive}/%f" && cp "%p" "${archive}/%f.part" && mv "${archive}/%f.part" "${archive}/%f"'`,
];

/** The server runs as another user than root's tests. */
const archiveIn = (folder: string): string => {
  const archive = join(folder, 'archive');
  mkdirSync(archive, { recursive: true });
  const { uid, gid } = statSync(join(folder, 'postgres', 'data', 'PG_VERSION'));
  chownSync(archive, uid, gid);
  return archive;
};

/** With owners and modes. Files that vanish meanwhile are in the WAL. */
const copy = async (from: string, into: string): Promise<void> => {
  await promisify(execFile)('cp', ['-a', `${from}/.`, into], { env: { ...process.env, LC_ALL: 'C' } }).catch(
    (error: Error & { readonly stderr?: string }) => {
      const lines = (error.stderr ?? error.message).trim().split('\n');
      if (lines.some((line) => !line.includes('No such file or directory'))) throw error;
    },
  );
};

const connected = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const ask = async <Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> => {
  const client = await connected(url);
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
};
