import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../whole-mesh.js';

/**
 * Runs the benchmark of a service as a program, because a service must not be imported. Its progress comes on the error output, its
 * figures as JSON on the other.
 */
export const runProgram = <Figures>(
  path: readonly string[],
  report: (line: string) => void,
  { args = [], environment = {} }: { readonly args?: readonly string[]; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<Figures> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, ...path), ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => report(chunk.toString('utf8').trimEnd()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return reject(new Error(`${path.join('/')} ended with code ${code}`));
      // The programs print it in this form.
      resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as Figures);
    });
  });
