import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { codeOf, LocalFailure } from './failure.js';
import { identityOf, isRunning } from './process-identity.js';
import { stopOrphan } from './supervised.js';

/** Increase it when the layout changes so that older folders cannot be read. */
const VERSION = 3;
const MARKER = 'crossroads-data.json';
const LOCK = 'lock.json';
/** PostgreSQL alone takes 250 MB when it is new. */
const MIN_FREE_BYTES = 600 * 1024 * 1024;

export interface DataFolder {
  readonly path: string;
  readonly run: string;
  readonly logs: string;
  readonly certificates: string;
  readonly keys: string;
  /** Whether it was empty before. */
  readonly isNew: boolean;
  /** Releases the lock. */
  release(): void;
}

/** `CROSSROADS_DATA`, or `.crossroads` in the repository. */
export const dataFolderPath = (root: string, environment: NodeJS.ProcessEnv = process.env): string =>
  resolve(root, environment['CROSSROADS_DATA'] || '.crossroads');

/**
 * Makes or opens the folder, locks it for this process, and stops processes that a killed run left.
 * @throws LocalFailure that says in one sentence what is wrong with it
 */
export const openDataFolder = async (path: string, { fresh = false } = {}): Promise<DataFolder> => {
  const marker = join(path, MARKER);
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const isEmpty = readdirSync(path).length === 0;
    const isOurs = existsSync(marker);
    if (!isEmpty && !isOurs)
      throw new LocalFailure(
        `${path} holds files that are not Crossroads': set CROSSROADS_DATA to an empty or new folder.`,
      );
    if (isOurs && !fresh) requireReadable(path, marker);
    const release = lock(path);
    try {
      await stopOrphans(join(path, 'run'));
      if (fresh)
        for (const entry of readdirSync(path))
          if (entry !== LOCK) rmSync(join(path, entry), { recursive: true, force: true });
      requireSpace(path);
      if (isEmpty || fresh) writeFileSync(marker, `${JSON.stringify({ version: VERSION })}\n`);
    } catch (error) {
      release();
      throw error;
    }
    const folder = (name: string, mode: number) => {
      mkdirSync(join(path, name), { recursive: true, mode });
      return join(path, name);
    };
    return {
      path,
      run: folder('run', 0o755),
      logs: folder('logs', 0o755),
      certificates: folder('certificates', 0o700),
      keys: folder('keys', 0o700),
      isNew: isEmpty || fresh,
      release,
    };
  } catch (error) {
    throw explainFolderError(error, path);
  }
};

/** Turns an error of a write in the folder into a sentence that says what to do. Returns other errors unchanged. */
export const explainFolderError = (error: unknown, path: string): unknown => {
  switch (codeOf(error) ?? '') {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LocalFailure(full(path));
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LocalFailure(
        `The data folder ${path} cannot be written by this user: start as the user who owns it, remove it, or set CROSSROADS_DATA to another folder.`,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new LocalFailure(
        `The data folder ${path} is, or lies in, something that is not a folder: set CROSSROADS_DATA to another one.`,
      );
    default:
      return error;
  }
};

const full = (path: string) =>
  `The disk with ${path} is full: free ${MIN_FREE_BYTES / 1024 / 1024} MB there, or set CROSSROADS_DATA to a folder on another disk.`;

const requireSpace = (path: string): void => {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize < MIN_FREE_BYTES) throw new LocalFailure(full(path));
};

const requireReadable = (path: string, marker: string): void => {
  let version: unknown;
  try {
    const content: unknown = JSON.parse(readFileSync(marker, 'utf8'));
    version = typeof content === 'object' && content !== null && 'version' in content ? content.version : undefined;
  } catch {
    version = undefined;
  }
  if (version !== VERSION)
    throw new LocalFailure(
      version === undefined
        ? `The data folder ${path} is damaged (${MARKER}): begin anew with npm start -- --fresh, or set CROSSROADS_DATA to another folder.`
        : `The data folder ${path} was made by another version of Crossroads: begin anew with npm start -- --fresh, or set CROSSROADS_DATA to another folder.`,
    );
};

/** Writes pid and start time of this process. The lock of a process that has ended is ignored. */
const lock = (path: string): (() => void) => {
  const file = join(path, LOCK);
  for (let attempt = 1; ; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || attempt > 2) throw error;
      const holder = holderOf(file);
      if (holder !== undefined)
        throw new LocalFailure(
          `Crossroads already runs on ${path}, as process ${holder}: stop that one (kill ${holder}), or set CROSSROADS_DATA and CROSSROADS_PORT_BASE for a second one.`,
        );
      rmSync(file, { force: true });
    }
  }
};

const holderOf = (file: string): number | undefined => {
  try {
    const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof lock !== 'object' || lock === null || !('pid' in lock) || !('identity' in lock)) return undefined;
    return typeof lock.pid === 'number' && typeof lock.identity === 'string' && isRunning(lock.pid, lock.identity)
      ? lock.pid
      : undefined;
  } catch {
    return undefined;
  }
};

/** Services first, then Kafka, then PostgreSQL. */
const stopOrphans = async (run: string): Promise<void> => {
  if (!existsSync(run)) return;
  const names = readdirSync(run)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
  const last = ['kafka', 'postgres'];
  await Promise.all(names.filter((name) => !last.includes(name)).map((name) => stopOrphan(run, name)));
  for (const name of last) if (names.includes(name)) await stopOrphan(run, name, 15_000);
};
