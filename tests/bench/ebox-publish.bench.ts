import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@crossroads/local';
import { ROOT } from '../whole-mesh.js';
import { type Bench, rounded } from './figure.js';

/** What `services/ebox/test/publish.bench.ts` prints. */
interface PublishFigures {
  readonly messages: number;
  readonly bulkPerSecond: number;
  readonly plainBulkPerSecond: number;
  readonly singlePerSecond: number;
  readonly plainSinglePerSecond: number;
  readonly cpuMs: { readonly service: number; readonly client: number };
  readonly bytesPerMessage: number;
  readonly subjectBytes: number;
  readonly bytesByRelation: Readonly<Record<string, number>>;
}

const SOME = 20_000;
const MANY = 100_000;

/** Messages published a second, and their size; the service runs as a process of its own, on a server that flushes to disk. */
export const eboxPublish: Bench = {
  name: 'ebox-publish',
  run: async (report, named) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-bench-'));
    const postgres = await startPostgres({ dataFolder, port: await freePort() });
    try {
      const figures = await runPublish(postgres.adminUrl, named ? MANY : SOME, report);
      const { bulkPerSecond, plainBulkPerSecond, singlePerSecond, plainSinglePerSecond, cpuMs } = figures;
      const single = singlePerSecond / plainSinglePerSecond;
      const bytes = figures.bytesPerMessage - figures.subjectBytes;
      return [
        {
          what: 'eBox, publish in bulk',
          measured: `${rounded(bulkPerSecond)}/s`,
          against: `plain inserts of one by 32 clients ${rounded(plainSinglePerSecond)}/s`,
          ratio: bulkPerSecond / plainSinglePerSecond,
          goal: '≥ 1,000/s, ≥ 0.5',
          reached: bulkPerSecond >= 1_000 && bulkPerSecond >= 0.5 * plainSinglePerSecond,
          details: `cpu ms a message: service ${cpuMs.service.toFixed(2)}, client ${cpuMs.client.toFixed(2)}`,
        },
        {
          what: 'the same, against batches',
          measured: `${rounded(bulkPerSecond)}/s`,
          against: `plain inserts of 500 with the same indexes ${rounded(plainBulkPerSecond)}/s`,
          ratio: bulkPerSecond / plainBulkPerSecond,
          goal: '≥ 0.5',
          reached: bulkPerSecond >= 0.5 * plainBulkPerSecond,
          details: 'bound by the processor time of the one process that reads, checks, seals and hashes each message',
        },
        {
          what: 'eBox, publish by 32 callers',
          measured: `${rounded(singlePerSecond)}/s`,
          against: `plain inserts of one by 32 clients ${rounded(plainSinglePerSecond)}/s`,
          ratio: single,
          goal: '≥ 1,000/s, ≥ 0.5',
          reached: singlePerSecond >= 1_000 && single >= 0.5,
        },
        {
          what: 'eBox, space',
          measured: `${rounded(bytes)} bytes a message`,
          against: `without its subject: sealed text, hashes of its words and their index, ${rounded(figures.subjectBytes)} bytes`,
          goal: '≤ 1,024',
          reached: bytes <= 1_024,
          details: Object.entries(figures.bytesByRelation)
            .map(([name, size]) => `${name} ${size}`)
            .join(', '),
        },
      ];
    } finally {
      await postgres.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    }
  },
};

const runPublish = (adminUrl: string, messages: number, report: (line: string) => void): Promise<PublishFigures> => {
  const script = join(ROOT, 'services', 'ebox', 'dist', 'test', 'publish.bench.js');
  const environment = { ...process.env, TEST_POSTGRES_URL: adminUrl, EBOX_MESSAGES: String(messages) };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => report(chunk.toString('utf8').trimEnd()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`the eBox's benchmark ended with code ${code}`));
      // The program above prints it in this form.
      resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as PublishFigures);
    });
  });
};
