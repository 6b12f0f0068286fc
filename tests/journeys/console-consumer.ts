import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findJava, type IdentityFiles, kafkaCache, kafkaVersion, run } from '@crossroads/local';

/** Kafka's console consumer, or why it cannot run here. */
export type ConsoleConsumer = { readonly read: (options: ReadOptions) => Promise<Said> } | { readonly why: string };

export interface ReadOptions {
  readonly broker: string;
  readonly topic: string;
  readonly group: string;
  readonly identity: IdentityFiles;
  readonly messages: number;
  /** The folder for its settings. */
  readonly folder: string;
}

/** Its output and exit code. */
export interface Said {
  readonly messages: readonly string[];
  readonly errors: string;
  readonly code: number | null;
}

const MAIN = 'org.apache.kafka.tools.consumer.ConsoleConsumer';

/** Uses the jars of the local mesh and the jar with Kafka's tools, which is downloaded once. */
export const findConsoleConsumer = async (): Promise<ConsoleConsumer> => {
  const java = findJava();
  if ('why' in java) return java;
  const kafka = kafkaCache();
  if (!existsSync(kafka)) return { why: `Kafka's jars are not in ${kafka}` };
  const tools = join(dirname(kafka), `kafka-tools-${kafkaVersion()}`);
  if (!existsSync(tools)) {
    const artifact = `-Dartifact=org.apache.kafka:kafka-tools:${kafkaVersion()}`;
    const fetched = await run('mvn', ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${tools}`]);
    if (!fetched.ok) return { why: "Maven could not fetch Kafka's tools" };
  }
  const classPath = [kafka, tools].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.jar'))
      .map((file) => join(folder, file)),
  );
  return { read: (options) => read(java.command, classPath.join(delimiter), options) };
};

const read = (
  java: string,
  classPath: string,
  { broker, topic, group, identity, messages, folder }: ReadOptions,
): Promise<Said> => {
  const keyStore = join(folder, `${group}-store.pem`);
  writeFileSync(
    keyStore,
    `${readFileSync(identity.key, 'utf8').trim()}\n${readFileSync(identity.certificate, 'utf8')}`,
    { mode: 0o600 },
  );
  const settings = join(folder, `${group}.properties`);
  const lines = {
    'security.protocol': 'SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': identity.ca,
  };
  writeFileSync(
    settings,
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  const args = [
    '--bootstrap-server',
    broker,
    '--topic',
    topic,
    '--group',
    group,
    '--from-beginning',
    '--consumer.config',
    settings,
  ];
  const format = [
    '--property',
    'print.key=true',
    '--property',
    'print.headers=true',
    '--max-messages',
    String(messages),
    '--timeout-ms',
    '30000',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(
      java,
      ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath, MAIN, ...args, ...format],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [out, errors]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      // Messages can contain line ends; each begins with its headers.
      const text = Buffer.concat(out).toString('latin1');
      resolve({
        messages: text.split('ce_specversion:').slice(1),
        errors: Buffer.concat(errors).toString('utf8'),
        code,
      });
    });
  });
};
