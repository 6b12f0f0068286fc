import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const COMMAND = fileURLToPath(new URL('./crossroads.js', import.meta.url));
/** Stands in for the `main.js` of a service. */
const MAIN = `
console.log(JSON.stringify({ args: process.argv.slice(2), url: process.env.DATABASE_URL, other: process.env.OTHER }));
if (process.argv.includes('wrong')) {
  console.error('sample cannot rebuild: 3 rows were wrong, and are right now');
  process.exit(1);
}`;

describe('crossroads ops', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-ops-'));
  const main = join(folder, 'main.mjs');
  const writeMesh = (mesh: object) => writeFileSync(join(folder, 'mesh.json'), JSON.stringify(mesh));

  beforeAll(() => {
    writeFileSync(main, MAIN);
    writeMesh({ programs: { sample: { main, environment: { DATABASE_URL: 'postgres://sample' } } } });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ops = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'], CROSSROADS_DATA: folder, OTHER: 'of the shell' };
    const child = spawn(process.execPath, [COMMAND, 'ops', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output, errors };
  };
  const ran = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await ops(...args)).output);

  it('runs main.js of the service with its settings, and none of the shell', async () => {
    const url = 'postgres://sample';
    expect(await ran('rebuild', 'sample', 'numbers')).toEqual({ args: ['rebuild', 'numbers'], url });
    expect(await ran('rebuild', 'sample', 'numbers', '--fresh')).toMatchObject({
      args: ['rebuild', 'numbers', '--fresh'],
    });
    expect(await ran('resync', 'sample', 'crossroads.person.v1', '7', '--confirm')).toMatchObject({
      args: ['resync', 'crossroads.person.v1', '7', '--confirm'],
    });
  });

  it('states persons again of a file, and says in its help what the file has', async () => {
    expect(await ran('reassert', 'sample', 'lost.txt')).toMatchObject({ args: ['reassert', 'lost.txt'] });
    expect((await ops('reassert', '--help')).output).toContain(
      'lost <data service> <personId> <highest source_revision',
    );
  });

  it('ends as the command ended', async () => {
    expect(await ops('rebuild', 'sample', 'wrong')).toMatchObject({
      code: 1,
      errors: 'sample cannot rebuild: 3 rows were wrong, and are right now\n',
    });
  });

  it('names the services that there are', async () => {
    expect(await ops('rebuild', 'nobody', 'numbers')).toMatchObject({
      code: 1,
      errors: 'There is no service "nobody" in this mesh; there are sample.\n',
    });
  });
});
