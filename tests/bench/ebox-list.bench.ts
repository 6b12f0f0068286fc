import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@crossroads/local';
import { ROOT } from '../whole-mesh.js';
import { type Bench, rounded } from './figure.js';

/** What `services/ebox/test/list.bench.ts` prints, by filter. */
type ListFigures = Readonly<
  Record<string, { readonly p50Ms: number; readonly p95Ms: number; readonly messages: number }>
>;

/** In all; a fifth of them is in the mailbox that is listed. `EBOX_MESSAGES` changes it. */
const SOME = 200_000;
const MANY = 5_000_000;
const GOAL_MS = 20;

/** How long the first page of a big mailbox takes, also filtered and searched; on a server that flushes to disk. */
export const eboxList: Bench = {
  name: 'ebox-list',
  run: async (report, named) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-bench-'));
    const postgres = await startPostgres({ dataFolder, port: await freePort() });
    try {
      const total = Number(process.env['EBOX_MESSAGES'] ?? (named ? MANY : SOME));
      const size = Math.floor(total / 5);
      const figures = await runList(postgres.adminUrl, { size, total }, report);
      return Object.entries(figures).map(([filter, { p50Ms, p95Ms, messages }]) => ({
        what: `eBox, ${filter}`,
        measured: `p95 ${p95Ms.toFixed(1)} ms`,
        against: `p50 ${p50Ms.toFixed(1)} ms; ${messages} messages of ${rounded(size)} in the mailbox, ${rounded(total)} stored`,
        goal: `p95 ≤ ${GOAL_MS} ms`,
        reached: p95Ms <= GOAL_MS,
      }));
    } finally {
      await postgres.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    }
  },
};

const runList = (
  adminUrl: string,
  { size, total }: { readonly size: number; readonly total: number },
  report: (line: string) => void,
): Promise<ListFigures> => {
  const script = join(ROOT, 'services', 'ebox', 'dist', 'test', 'list.bench.js');
  const sizes = { EBOX_MAILBOX: String(size), EBOX_MESSAGES: String(total) };
  const environment = { ...process.env, TEST_POSTGRES_URL: adminUrl, ...sizes };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => report(chunk.toString('utf8').trimEnd()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`the eBox's benchmark ended with code ${code}`));
      // The program above prints it in this form.
      resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as ListFigures);
    });
  });
};
