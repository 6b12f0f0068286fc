import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LocalFailure } from './failure.js';
import { type Java, run } from './java.js';
import { type KafkaSettings, kafkaProperties } from './kafka-settings.js';
import type { Program } from './supervised.js';

export interface KafkaProgram extends Pick<Program, 'command' | 'args' | 'environment' | 'stopTimeoutMs'> {
  /** Called after it has stopped, with whether it did so by itself. */
  readonly stopped: (clean: boolean) => void;
}

/** Kafka's own main class on this machine's Java, its data folder formatted at the first start. */
export const kafkaInJava = async (
  { command, release }: Exclude<Java, { readonly why: string }>,
  jars: string,
  home: string,
  settings: KafkaSettings,
  environment: NodeJS.ProcessEnv,
): Promise<KafkaProgram> => {
  const properties = join(home, 'server.properties');
  writeFileSync(properties, kafkaProperties(settings), { mode: 0o600 });
  const files = readdirSync(jars)
    .filter((file) => file.endsWith('.jar'))
    .sort();
  const classPath = files.map((file) => join(jars, file)).join(delimiter);
  if (!existsSync(join(settings.dataFolder, 'meta.properties'))) {
    rmSync(settings.dataFolder, { recursive: true, force: true });
    const id = settings.cluster?.id ?? clusterId();
    const format = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties];
    const formatted = await run(command, [...QUICK, '-cp', classPath, ...format], { cwd: home, env: environment });
    if (!formatted.ok)
      throw new LocalFailure(
        `Kafka could not make its data folder ${settings.dataFolder}: ${formatted.output.split('\n').at(-1) ?? ''}`,
      );
  }
  const { flag, stopped } = sharedClasses(jars, release, settings.cluster === undefined);
  return {
    command,
    args: [
      '-Xms128m',
      settings.cluster === undefined ? '-Xmx384m' : '-Xmx256m',
      '-XX:+UseSerialGC',
      // No counters for jstat, which wake it up twenty times a second.
      '-XX:-UsePerfData',
      ...flag,
      ...LOGGING,
      '-cp',
      classPath,
      'kafka.Kafka',
      properties,
    ],
    environment,
    stopTimeoutMs: 10_000,
    stopped,
  };
};

/**
 * An archive of loaded classes halves the time until Kafka serves (6 s to 3 s on two cores). The first clean stop writes it, which takes
 * three seconds more; an incomplete archive is deleted. Of several nodes none writes it.
 */
const sharedClasses = (
  jars: string,
  release: string,
  mayWrite: boolean,
): { flag: string[]; stopped: (clean: boolean) => void } => {
  const archive = join(jars, `classes-${release}.jsa`);
  if (existsSync(archive))
    return { flag: [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'], stopped: () => {} };
  if (!mayWrite) return { flag: [], stopped: () => {} };
  const draft = `${archive}.${process.pid}`;
  const stopped = (clean: boolean): void => {
    try {
      if (clean && existsSync(draft)) renameSync(draft, archive);
    } finally {
      rmSync(draft, { force: true });
    }
  };
  return { flag: [`-XX:ArchiveClassesAtExit=${draft}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off'], stopped };
};

const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

/** A UUID in Kafka's form: 16 bytes in URL-safe base64. Never with a leading `-`, which its tools would read as an option. */
export const clusterId = (): string => {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
};
