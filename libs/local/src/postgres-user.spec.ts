import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runAs } from './postgres-user.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('SKIPPED: only root runs PostgreSQL as somebody else\n');

describe('whom root runs PostgreSQL as', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-private-'));
  const inside = join(folder, 'clone', 'bin');
  beforeAll(() => {
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, 'postgres'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // A clone in a folder of `mktemp -d`, or in root's home: nobody else may enter.
  (isRoot ? it : it.skip)('may read what is in a folder that only root may enter, and finds that it may', () => {
    const { uid, gid, prefix } = runAs([inside]);
    const asked = (...command: readonly string[]) => {
      const [program = '', ...args] = [...prefix, ...command];
      return spawnSync(program, args, { encoding: 'utf8', ...(uid === undefined ? {} : { uid, gid }) });
    };
    expect(asked('cat', join(inside, 'postgres')).status).toBe(0);
    expect(asked('test', '-r', join(inside, 'postgres')).status).toBe(0);
    expect(asked('id', '-u').stdout.trim()).not.toBe('0');
  });
});
