import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf } from './failure.js';
import { run } from './java.js';

const POM = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));

export const kafkaVersion = (): string =>
  /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown';

/** Outside the data folder, so that `--fresh` does not download Kafka again. */
export const kafkaCache = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'crossroads', `kafka-${kafkaVersion()}`);

export type Jars = { readonly folder: string } | { readonly why: string };

/** The folder with Kafka's jars, which Maven downloads into the cache once (43 MB, about 5 s). */
export const kafkaJars = async (cache: string, report: (line: string) => void): Promise<Jars> => {
  if (existsSync(cache) && readdirSync(cache).some((file) => file.startsWith('kafka_2.13-'))) return { folder: cache };
  if (!(await run('mvn', ['-v'])).ok) return { why: 'there is Java but no Maven to fetch Kafka with' };
  report(`fetching Kafka ${kafkaVersion()} with Maven (43 MB, once)`);
  let temporary: string;
  try {
    mkdirSync(dirname(cache), { recursive: true });
    temporary = mkdtempSync(`${cache}.`);
  } catch (error) {
    return { why: `${dirname(cache)} cannot be written (${codeOf(error) ?? 'unknown'})` };
  }
  try {
    const args = [
      '-q',
      '-B',
      '-f',
      POM,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${temporary}`,
    ];
    const fetched = await run('mvn', args);
    if (!fetched.ok) return { why: `Maven could not fetch Kafka: ${reasonOf(fetched.output)}` };
    rmSync(cache, { recursive: true, force: true });
    renameSync(temporary, cache);
    return { folder: cache };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
};

const reasonOf = (output: string): string =>
  (output.split('\n').find((line) => line.includes('ERROR')) ?? output).slice(0, 200);
