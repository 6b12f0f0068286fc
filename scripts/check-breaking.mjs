// Contracts may grow, and break nobody: buf compares the folder proto (or the one named) with what landed last.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ROOT } from './versions.mjs';

const git = (...args) => spawnSync('git', args, { cwd: ROOT, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });

const commitOf = (ref) => {
  const { status, stdout } = git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  return status === 0 ? stdout.toString().trim() : undefined;
};

/**
 * What landed last: CROSSROADS_LANDED (a ref), else the main branch of where this was cloned from, when there is work on top of it;
 * else, on that branch itself, its last commit when contracts have been changed since, or the one before.
 */
const landed = () => {
  const { CROSSROADS_LANDED: given } = process.env;
  if (given) {
    const commit = commitOf(given);
    if (commit === undefined) throw new Error(`CROSSROADS_LANDED is ${given}, which is no commit here`);
    return commit;
  }
  const [head, origin] = [commitOf('HEAD'), commitOf('origin/HEAD') ?? commitOf('origin/main')];
  if (origin !== undefined && origin !== head) return origin;
  const isChanged = git('diff', '--quiet', 'HEAD', '--', 'proto').status === 1;
  return isChanged ? head : commitOf('HEAD^1');
};

const against = landed();
if (against === undefined) {
  console.log('SKIPPED: no earlier commit is here to compare contracts with (no repository, or a shallow clone)');
} else {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-landed-'));
  try {
    // Of an archive, and not of .git: that works in a worktree as well.
    const archive = git('archive', '--format=tar', against, 'proto');
    const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout });
    if (archive.status !== 0 || unpacked.status !== 0) throw new Error(`${archive.stderr}${unpacked.stderr}`);
    const { status, stdout, stderr, error } = spawnSync(
      join(ROOT, 'node_modules/.bin/buf'),
      ['breaking', resolve(process.argv[2] ?? join(ROOT, 'proto')), '--against', join(folder, 'proto')],
      { encoding: 'utf8' },
    );
    if (error) throw error;
    console.log(`compared with ${against.slice(0, 12)}`);
    console.log(`${stdout}${stderr}`.trim());
    process.exitCode = status === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
