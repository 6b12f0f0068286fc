import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = '512m';
const BLOCK = Buffer.alloc(64 * 1024);

/** A folder on a file system of its own where this process may mount one (as root on Linux), so that it can be filled. */
export class SmallDisk {
  private constructor(
    readonly folder: string,
    /** Why it is an ordinary folder. */
    readonly isOrdinary: string | undefined,
  ) {}

  static make(prefix: string): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), prefix));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'crossroads', folder], { stdio: 'pipe' });
      return new SmallDisk(folder, undefined);
    } catch {
      return new SmallDisk(folder, 'this user may not mount a tmpfs');
    }
  }

  /** Takes all space that is left while `work` runs. */
  async whileFull<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.isOrdinary !== undefined) throw new Error('an ordinary folder is never filled');
    const file = join(this.folder, 'filler');
    const filler = openSync(file, 'w');
    try {
      for (;;) writeSync(filler, BLOCK);
    } catch (error) {
      if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'ENOSPC') throw error;
    } finally {
      closeSync(filler);
    }
    try {
      return await work();
    } finally {
      rmSync(file);
    }
  }

  remove(): void {
    if (this.isOrdinary === undefined) execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
