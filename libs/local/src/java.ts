import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MIN_JAVA = 17;

/** The Java of this machine, or why it cannot be used. `release` differs from build to build. */
export type Java =
  | { readonly command: string; readonly version: number; readonly release: string }
  | { readonly why: string };

export const findJava = (environment: NodeJS.ProcessEnv = process.env): Java => {
  const home = environment['JAVA_HOME'];
  const command = home && existsSync(join(home, 'bin', 'java')) ? join(home, 'bin', 'java') : 'java';
  const asked = spawnSync(command, ['-version'], { encoding: 'utf8', env: environment });
  if (asked.error || asked.status !== 0) return { why: 'there is no Java on this machine' };
  const text = `${asked.stderr}${asked.stdout}`;
  const version = javaVersion(text);
  if (version === undefined) return { why: 'the version of its Java is unknown' };
  const release = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return version >= MIN_JAVA
    ? { command, version, release }
    : { why: `its Java is ${version}, Kafka needs ${MIN_JAVA} or newer` };
};

/** `openjdk version "17.0.15"` is 17, `java version "1.8.0_412"` is 8. */
export const javaVersion = (text: string): number | undefined => {
  const found = /version "(?:1\.)?(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Runs a program to its end. Resolves to its output, or to why it failed. */
export const run = (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ readonly ok: boolean; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString('utf8').trim() }));
  });
