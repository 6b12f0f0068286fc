import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificateAuthority, type IdentityFiles, identityFiles, writePrivate } from './certificates.js';
import { LocalFailure } from './failure.js';
import { findJava, type Java } from './java.js';
import { kafkaAnswers } from './kafka-client.js';
import { findDocker, kafkaInDocker } from './kafka-in-docker.js';
import { type KafkaProgram, kafkaInJava } from './kafka-in-java.js';
import { kafkaCache, kafkaJars } from './kafka-jars.js';
import { requireFree } from './ports.js';
import { Supervised, stopLeftOver } from './supervised.js';

/** The broker's own certificate, which administers it. */
export const KAFKA_ADMIN = 'kafka';

export interface KafkaOptions {
  /** Everything it keeps lies in here: `kafka/`, `run/`, `logs/`, `certificates/`. */
  readonly dataFolder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly authority: CertificateAuthority;
  readonly environment?: NodeJS.ProcessEnv;
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export type Kafka =
  | {
      readonly kind: 'kafka';
      readonly brokers: readonly string[];
      /** A certificate that may do everything on it. */
      readonly admin: IdentityFiles;
      /** Absent when it is not ours. */
      readonly process?: Supervised;
      stop(): Promise<void>;
    }
  | { readonly kind: 'none'; readonly why: string; stop(): Promise<void> };

/**
 * Finds or starts Kafka: `KAFKA_BROKERS`, else Java with Maven, else a Docker engine. `none` says why there is none; the
 * mesh then uses its log in PostgreSQL.
 */
export const startKafka = async (options: KafkaOptions): Promise<Kafka> => {
  const { dataFolder, port, controllerPort, authority, environment = process.env, say = () => {}, signal } = options;
  const certificates = join(dataFolder, 'certificates');
  mkdirSync(certificates, { recursive: true, mode: 0o700 });
  if (!existsSync(join(certificates, 'ca.pem')))
    await writePrivate(join(certificates, 'ca.pem'), authority.certificate);
  const admin = await identityFiles(certificates, KAFKA_ADMIN, authority, (ca) => ca.issueService(KAFKA_ADMIN));

  const outside = environment['KAFKA_BROKERS'];
  if (outside) {
    const brokers = outside.split(',').map((broker) => broker.trim());
    if (!(await kafkaAnswers(brokers, admin)))
      throw new LocalFailure(
        `The Kafka of KAFKA_BROKERS (${outside}) does not answer to the certificate ${admin.certificate}: let it trust ${admin.ca}, or unset the variable.`,
      );
    return { kind: 'kafka', brokers, admin, stop: async () => {} };
  }

  const brokers = [`localhost:${port}`];
  await stopLeftOver(join(dataFolder, 'run'), 'kafka', 10_000);
  const home = join(dataFolder, 'kafka');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const keyStore = join(certificates, `${KAFKA_ADMIN}-store.pem`);
  await writePrivate(keyStore, `${readFileSync(admin.key, 'utf8').trim()}\n${readFileSync(admin.certificate, 'utf8')}`);
  const settings = {
    port,
    controllerPort,
    dataFolder: join(home, 'data'),
    keyStore,
    ca: admin.ca,
    superUsers: [`CN=${KAFKA_ADMIN}`],
  };

  const means = await findMeans(environment, say);
  if ('why' in means) return { kind: 'none', why: means.why, stop: async () => {} };
  await requireFree(port, 'Kafka');
  let program: KafkaProgram;
  if ('java' in means) {
    await requireFree(controllerPort, "Kafka's controller");
    program = await kafkaInJava(means.java, means.jars, home, settings, environment);
  } else program = await kafkaInDocker(means.docker, home, settings);
  const server = await Supervised.start(
    { ...program, name: 'kafka', cwd: home, startWithin: 90_000, isReady: () => kafkaAnswers(brokers, admin) },
    { run: join(dataFolder, 'run'), logs: join(dataFolder, 'logs'), say, signal },
  );
  return { kind: 'kafka', brokers, admin, process: server, stop: async () => program.stopped?.(await server.stop()) };
};

/** Why `startKafka` would find none; nothing where it would. */
export const kafkaAbsence = async (environment: NodeJS.ProcessEnv): Promise<string | undefined> => {
  if (environment['KAFKA_BROKERS']) return undefined;
  const means = await findMeans(environment, () => {});
  return 'why' in means ? means.why : undefined;
};

/** What Kafka can be run with on this machine; its jars are fetched where Maven can. */
type Means =
  | { readonly java: Exclude<Java, { readonly why: string }>; readonly jars: string }
  | { readonly docker: string }
  | { readonly why: string };

const findMeans = async (environment: NodeJS.ProcessEnv, say: (line: string) => void): Promise<Means> => {
  const java = findJava(environment);
  const jars = 'why' in java ? java : await kafkaJars(kafkaCache(environment), say);
  if ('command' in java && 'folder' in jars) return { java, jars: jars.folder };
  const docker = await findDocker(environment);
  return 'why' in docker ? { why: `${'why' in jars ? jars.why : ''}, and ${docker.why}` } : { docker: docker.command };
};
