import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { delimiter, dirname, join } from 'node:path';
import { findJava, kafkaCache, run } from '@crossroads/local';
import { ROOT } from '../whole-mesh.js';

/** A consumer of `libs/client/examples`, or why it cannot run here. */
export type ExampleConsumer = { readonly command: string; readonly args: readonly string[] } | { readonly why: string };

/** A line that it has printed. */
export type ConsumerLine = Readonly<Record<string, unknown>>;

const EXAMPLES = join(ROOT, 'libs', 'client', 'examples');

/** Its packages are installed once into the cache, from the registry. */
export const findPythonConsumer = async (): Promise<ExampleConsumer> => {
  const folder = join(EXAMPLES, 'python');
  if (spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']).status !== 0)
    return { why: 'there is no Python 3.10 or newer' };
  const requirements = join(folder, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = join(dirname(kafkaCache()), `python-consumer-${hash}`);
  const python = join(environment, 'bin', 'python');
  if (spawnSync(python, ['-c', 'import confluent_kafka, google.protobuf, grpc']).status !== 0) {
    if (!(await run('python3', ['-m', 'venv', environment])).ok) return { why: 'Python has no module venv' };
    const installed = await run(python, ['-m', 'pip', 'install', '-q', '-r', requirements]);
    if (!installed.ok) return { why: `pip could not install its packages: ${installed.output.slice(-200)}` };
  }
  return { command: python, args: [join(folder, 'consume.py')] };
};

/** Maven builds it into its `target`. */
export const findJavaConsumer = async (): Promise<ExampleConsumer> => {
  const java = findJava();
  if ('why' in java) return java;
  const folder = join(EXAMPLES, 'java');
  const libraries = join(folder, 'target', 'lib');
  const goals = ['package', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${libraries}`];
  const built = await run('mvn', ['-q', '-B', '-f', join(folder, 'pom.xml'), ...goals]);
  if (!built.ok || !existsSync(libraries)) return { why: `Maven could not build it: ${built.output.slice(-200)}` };
  const jars = readdirSync(libraries).map((jar) => join(libraries, jar));
  const classPath = [join(folder, 'target', 'classes'), ...jars].join(delimiter);
  return { command: java.command, args: ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'consumer.Consume'] };
};

/** A consumer that runs, and what it has printed. */
export class RunningConsumer {
  readonly lines: ConsumerLine[] = [];
  private readonly errors: string[] = [];
  private readonly exited: Promise<void>;
  private readonly child: ChildProcess;

  constructor(
    { command, args }: Extract<ExampleConsumer, { readonly command: string }>,
    options: Readonly<Record<string, string>>,
  ) {
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(command, [...args, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line) as ConsumerLine));
    createInterface({ input: child.stderr }).on('line', (line) => this.errors.push(line));
    this.exited = new Promise((resolve) => child.once('close', () => resolve()));
  }

  /** @throws when it has ended by itself */
  requireAlive(): void {
    if (this.child.exitCode !== null) throw new Error(`the consumer has ended:\n${this.errors.slice(-20).join('\n')}`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.exited;
  }
}
