import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../whole-mesh.js';
import { type Bench, rounded } from './figure.js';

/** What `services/ebox/bench/run-content.ts` prints. */
interface ContentFigures {
  readonly throughPerSecond: number;
  readonly directPerSecond: number;
  readonly ratio: number;
  readonly cpuMs: { readonly ebox: number; readonly direct: number };
}

/** Documents of 100 MiB from a provider through the eBox, each in a process of its own, beside the same stream without the eBox. */
export const eboxContent: Bench = {
  name: 'ebox-content',
  run: async (report) => {
    const { throughPerSecond, directPerSecond, ratio, cpuMs } = await runContent(report);
    return [
      {
        what: 'eBox, content',
        measured: `${rounded(throughPerSecond / 1e6)} MB/s`,
        against: `a direct gRPC stream of the same chunks ${rounded(directPerSecond / 1e6)} MB/s`,
        ratio,
        goal: '≥ 0.5',
        reached: ratio >= 0.5,
        details: `cpu ms a MiB: eBox ${cpuMs.ebox.toFixed(1)}, both ends of the direct stream ${cpuMs.direct.toFixed(1)}`,
      },
    ];
  },
};

const runContent = (report: (line: string) => void): Promise<ContentFigures> =>
  new Promise((resolve, reject) => {
    const script = join(ROOT, 'services', 'ebox', 'dist', 'bench', 'run-content.js');
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => report(chunk.toString('utf8').trimEnd()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`the benchmark of content ended with code ${code}`));
      // The program above prints it in this form.
      resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as ContentFigures);
    });
  });
