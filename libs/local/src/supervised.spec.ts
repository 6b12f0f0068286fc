import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identityOf, waitFor } from './process-identity.js';
import { type Program, Supervised, stopOrphan } from './supervised.js';

const STAYS = 'setInterval(() => {}, 1000); console.log("up");';

describe('a supervised program', () => {
  let folder: string;
  let running: Supervised | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-run-'));
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const host = () => ({ run: join(folder, 'run'), logs: join(folder, 'logs') });
  const log = () => readFileSync(join(folder, 'logs', 'program.log'), 'utf8');
  const program = (script: string, rest: Partial<Program> = {}): Program => ({
    name: 'program',
    command: process.execPath,
    args: ['-e', script],
    environment: process.env,
    stopTimeoutMs: 5_000,
    startTimeoutMs: 20_000,
    isReady: async () => log().includes('up'),
    ...rest,
  });
  const pidOf = (supervised: Supervised): number => {
    if (supervised.pid === undefined) throw new Error('not running');
    return supervised.pid;
  };

  it('a supervised program is restarted after SIGKILL', async () => {
    const said: string[] = [];
    running = await Supervised.start(program(STAYS), { ...host(), report: (line) => said.push(line) });
    const first = pidOf(running);
    await running.killAndWait();
    expect(running.pid).not.toBe(first);
    expect(running.restarts).toBe(1);
    expect(said[0]).toBe('program ended (SIGKILL); starting it again');
  });

  it('a supervised program ends at the stop signal and is not restarted', async () => {
    running = await Supervised.start(program(STAYS), host());
    const pid = pidOf(running);
    expect(await running.stop()).toBe(true);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('a supervised program that does not stop is killed', async () => {
    running = await Supervised.start(
      program(`process.on('SIGTERM', () => {}); ${STAYS}`, { stopTimeoutMs: 300 }),
      host(),
    );
    const pid = pidOf(running);
    expect(await running.stop()).toBe(false);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('the error quotes the log of a program that ends during its start', async () => {
    const start = Supervised.start(
      program('console.error("no such database"); process.exit(3)', { isReady: async () => false }),
      host(),
    );
    await expect(start).rejects.toThrow(/program ended while it started.*program\.log\. It says: no such database/);
  });

  it('the error names a program that does not exist', async () => {
    const start = Supervised.start(program('', { command: '/nowhere/at/all', isReady: async () => false }), host());
    await expect(start).rejects.toThrow(/ended while it started/);
  });

  it('a cancelled start leaves no process', async () => {
    const off = new AbortController();
    const start = Supervised.start(program(STAYS, { isReady: async () => false }), { ...host(), signal: off.signal });
    off.abort(new Error('called off'));
    await expect(start).rejects.toThrow('called off');
    expect(await stopOrphan(join(folder, 'run'), 'program')).toBe(false);
  });

  it('the next start stops a program whose supervisor was killed', async () => {
    const orphan = await Supervised.start(program(STAYS), host());
    const pid = pidOf(orphan);
    // As the next start sees it: only the file is left.
    running = await Supervised.start({ ...program(STAYS), isReady: async () => identityOf(pid) === undefined }, host());
    expect(identityOf(pid)).toBeUndefined();
    expect(running.pid).not.toBe(pid);
    await orphan.stop();
  });

  it('a program stops when its supervisor is killed', async () => {
    const stopsWithParent = new URL('./stop-with-parent.js', import.meta.url).pathname;
    const supervisor = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['--import', ${JSON.stringify(stopsWithParent)}, '-e', 'setInterval(() => {}, 1000)'],
        { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      setTimeout(() => console.log('up ' + child.pid), 500); setInterval(() => {}, 1000);`;
    running = await Supervised.start(program(supervisor), host());
    const child = Number(/up (\d+)/.exec(log())?.[1]);
    expect(identityOf(child)).toBeDefined();
    process.kill(pidOf(running), 'SIGKILL');
    expect(await waitFor(() => identityOf(child) === undefined, 10_000)).toBe(true);
  });
});
