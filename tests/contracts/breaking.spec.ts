import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { progress, ROOT } from '../whole-mesh.js';

const EXCHANGE = join('crossroads', 'exchange', 'v1', 'exchange_service.proto');

describe('the check for breaking changes', () => {
  let folder: string;
  const isRepository = spawnSync('git', ['rev-parse', '--verify', 'HEAD'], { cwd: ROOT }).status === 0;
  if (!isRepository) progress('SKIPPED: without a Git repository there are no contracts to compare with');
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-contracts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the check on the last commit's contracts with a change. */
  const checked = (name: string, change: (text: string) => string) => {
    const proto = join(folder, name, 'proto');
    cpSync(join(ROOT, 'proto'), proto, { recursive: true });
    const file = join(proto, EXCHANGE);
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'check-breaking.mjs'), proto], {
      encoding: 'utf8',
      env: { ...process.env, CROSSROADS_LANDED: 'HEAD' },
    });
    return { status, stdout };
  };

  const some = isRepository ? it : it.skip;

  some('the check accepts a new message', () => {
    const message = '\n// A new message.\nmessage GrownInASpec {\n  string name = 1;\n}\n';
    expect(checked('grown', (text) => text + message)).toMatchObject({ status: 0 });
  });

  some.each<[string, RegExp, string, RegExp]>([
    ['lose an rpc', /^ {2}rpc ReportMutation\(.*$/m, '', /Previously present RPC "ReportMutation" .* was deleted/],
    ['lose a field', /^ {2}string request_id = 1;$/m, '', /Previously present field "1" .* was deleted/],
    [
      'change the type of a field',
      /^ {2}string request_id = 1;$/m,
      '  bytes request_id = 1;',
      /changed type from "string" to "bytes"/,
    ],
  ])('the check refuses to %s', (name, pattern, replacement, says) => {
    const { status, stdout } = checked(name, (text) => text.replace(pattern, replacement));
    expect(stdout).toMatch(says);
    expect(status).toBe(1);
  });
});
