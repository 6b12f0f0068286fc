import { execFileSync, spawnSync } from 'node:child_process';
import { LocalFailure } from './failure.js';

/** How to run a program that refuses to run as root. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
  /** Arguments before the command. */
  readonly prefix: readonly string[];
}

/**
 * PostgreSQL refuses to run as root. For root it runs as `postgres`, or else `nobody`; where that user may not enter the
 * folders (a clone in /root), with the one capability that lets it, by util-linux' `setpriv`.
 */
export const runAs = (folders: readonly string[]): RunAs => {
  if (process.getuid?.() !== 0) return { prefix: [] };
  for (const user of ['postgres', '_postgres', 'nobody']) {
    const [uid, gid] = [idOf(user, '-u'), idOf(user, '-g')];
    if (uid === undefined || gid === undefined) continue;
    if (canEnter(folders, uid, gid)) return { uid, gid, prefix: [] };
    const prefix = [
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      // Otherwise access(2), by which initdb looks for the postgres program, would ignore the capability.
      '--securebits=+no_setuid_fixup',
      '--',
    ];
    const [setpriv = '', ...rest] = prefix;
    if (folders.every((folder) => spawnSync(setpriv, [...rest, ...enter(folder)], { stdio: 'ignore' }).status === 0))
      return { prefix };
  }
  throw new LocalFailure(
    `PostgreSQL does not run as root, and no other user may enter ${folders.join(' or ')}: move the repository out of root's home, or start as an ordinary user.`,
  );
};

/** The user who owns the files of a server run like this. */
export const ownerOf = ({ uid, gid, prefix }: RunAs): { uid: number; gid: number } | undefined => {
  const option = (name: string) => Number(prefix.find((part) => part.startsWith(`--${name}=`))?.split('=')[1]);
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  return prefix.length > 0 ? { uid: option('reuid'), gid: option('regid') } : undefined;
};

const idOf = (user: string, option: '-u' | '-g'): number | undefined => {
  try {
    return Number(execFileSync('id', [option, user], { encoding: 'utf8', stdio: 'pipe' }).trim());
  } catch {
    return undefined;
  }
};

const canEnter = (folders: readonly string[], uid: number, gid: number): boolean =>
  folders.every((folder) => {
    const [command = '', ...args] = enter(folder);
    return spawnSync(command, args, { uid, gid, stdio: 'ignore', cwd: '/' }).status === 0;
  });

/** Reads a file instead of asking `test -x`, which on some systems looks at the mode only and ignores capabilities. */
const enter = (folder: string): string[] => ['/bin/sh', '-c', 'cd "$1"', 'sh', folder];
