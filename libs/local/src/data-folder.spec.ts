import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { explainFolderError, dataFolderPath, openDataFolder } from './data-folder.js';
import { identityOf } from './process-identity.js';

describe('the data folder', () => {
  let parent: string;
  let path: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'crossroads data '));
    path = join(parent, 'mesh');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('the data folder is at CROSSROADS_DATA, or in the repository', () => {
    expect(dataFolderPath('/repository', {})).toBe('/repository/.crossroads');
    expect(dataFolderPath('/repository', { CROSSROADS_DATA: '/elsewhere' })).toBe('/elsewhere');
  });

  it('the data folder is created once and keeps its content', async () => {
    const made = await openDataFolder(path);
    expect(made.isNew).toBe(true);
    writeFileSync(join(made.keys, 'kept'), '');
    made.release();
    const again = await openDataFolder(path);
    expect(again.isNew).toBe(false);
    expect(readdirSync(again.keys)).toEqual(['kept']);
    again.release();
  });

  it('fresh: true empties the data folder', async () => {
    const made = await openDataFolder(path);
    writeFileSync(join(made.keys, 'old'), '');
    made.release();
    const fresh = await openDataFolder(path, { fresh: true });
    expect(fresh.isNew).toBe(true);
    expect(readdirSync(fresh.keys)).toEqual([]);
    fresh.release();
  });

  it.each([false, true])('a folder that is not a data folder is left unchanged (fresh: %p)', async (fresh) => {
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'mine');
    await expect(openDataFolder(path, { fresh })).rejects.toThrow(
      /holds files that are not Crossroads'.*CROSSROADS_DATA/,
    );
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });

  it('one process at a time can open the data folder', async () => {
    const made = await openDataFolder(path);
    await expect(openDataFolder(path)).rejects.toThrow(new RegExp(`already runs on .* as process ${process.pid}`));
    made.release();
    (await openDataFolder(path)).release();
  });

  it('the data folder can be opened when its process has ended, also if another process has the pid', async () => {
    (await openDataFolder(path)).release();
    writeFileSync(
      join(path, 'lock.json'),
      JSON.stringify({ pid: process.pid, identity: `${identityOf(process.pid)}0` }),
    );
    (await openDataFolder(path)).release();
  });

  it.each([
    ['damaged', '{"versio', /is damaged .*--fresh/],
    ['of another version', '{"version": 99}', /another version of Crossroads.*--fresh/],
  ])('says what to do with one that is %s', async (_what, marker, sentence) => {
    (await openDataFolder(path)).release();
    writeFileSync(join(path, 'crossroads-data.json'), marker);
    await expect(openDataFolder(path)).rejects.toThrow(sentence);
    (await openDataFolder(path, { fresh: true })).release();
  });

  it('the error names a path that cannot be a data folder', async () => {
    writeFileSync(join(parent, 'file'), '');
    await expect(openDataFolder(join(parent, 'file', 'mesh'))).rejects.toThrow(/is not a folder: set CROSSROADS_DATA/);
    await expect(openDataFolder(join(parent, 'file'))).rejects.toThrow(/is not a folder: set CROSSROADS_DATA/);
  });

  it.each([
    ['ENOSPC', /is full: free \d+ MB/],
    ['EACCES', /cannot be written by this user/],
    ['EROFS', /cannot be written by this user/],
  ])('turns %s into a sentence', (code, sentence) => {
    expect(String(explainFolderError(Object.assign(new Error(code), { code }), '/data'))).toMatch(sentence);
  });
});
