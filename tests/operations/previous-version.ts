import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../whole-mesh.js';

const run = promisify(execFile);

const git = async (...args: readonly string[]): Promise<string> =>
  (await run('git', ['-C', ROOT, ...args], { maxBuffer: 16 * 1024 * 1024 })).stdout.trim();

/** The version that landed before the one that is tested, or why there is none to run beside it. */
export type PreviousVersion = { readonly commit: string } | { readonly absent: string };

const DATA_FOLDER = 'libs/local/src/data-folder.ts';

/** The first parent of what is tested. Across a fresh start, when the data folder's version rises, versions do not share a database. */
export const previousVersion = async (): Promise<PreviousVersion> => {
  let commit: string;
  try {
    commit = await git('rev-parse', '--verify', 'HEAD^1');
  } catch {
    return { absent: 'the clone is shallow or has no commit before this one: fetch with a depth of at least 2' };
  }
  const [now, before] = [await dataVersionAt('HEAD'), await dataVersionAt(commit)];
  if (now === before) return { commit };
  return { absent: `the data folder has version ${now}, and had ${before}: this release begins with fresh databases` };
};

const dataVersionAt = async (commit: string): Promise<string> =>
  /VERSION = (\d+)/.exec(await git('show', `${commit}:${DATA_FOLDER}`))?.[1] ?? 'none';

/** Builds a commit in a folder. It takes minutes. */
export const buildVersion = async (commit: string, folder: string): Promise<void> => {
  const archive = `${folder}.tar`;
  await git('archive', '--format=tar', `--output=${archive}`, commit);
  await run('tar', ['-xf', archive, '-C', folder]);
  await run('npm', ['run', 'build'], { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
};
