import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ANCHORS,
  type Anchor,
  anchorFile,
  type CertificateAuthorities,
  type IdentityFiles,
  identityFiles,
  writePrivate,
} from './certificates.js';
import { LocalFailure, messageOf } from './failure.js';
import { findJava, type Java } from './java.js';
import { kafkaAnswers } from './kafka-client.js';
import {
  contentOf,
  dockerAnswers,
  type KafkaContainerOptions,
  removeKafkaContainer,
  startKafkaContainer,
  suspendContainer,
} from './kafka-in-docker.js';
import { kafkaInJava } from './kafka-in-java.js';
import { kafkaCache, kafkaJars } from './kafka-jars.js';
import { KAFKA_ADMIN } from './kafka-settings.js';
import { waitFor } from './process-identity.js';
import { requireFree } from './ports.js';
import { Supervised, stopOrphan } from './supervised.js';

export { KAFKA_ADMIN };

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 10_000;

export interface KafkaServerOptions {
  /** Everything it keeps lies in here: `kafka/`, `run/`, `logs/`, `certificates/`. */
  readonly dataFolder: string;
  readonly port: number;
  readonly institutionsPort: number;
  readonly controllerPort: number;
  readonly authority: CertificateAuthorities;
  readonly environment?: NodeJS.ProcessEnv;
  /** Given each line for the user. */
  readonly report?: (line: string) => void;
  /** Whether a Docker engine answers; a test gives its own. */
  readonly hasDocker?: () => Promise<boolean>;
  readonly signal?: AbortSignal;
}

export type Kafka =
  | {
      readonly kind: 'kafka';
      /** `elsewhere`: that of KAFKA_BROKERS. */
      readonly runs: 'in a container' | 'on Java' | 'elsewhere';
      readonly brokers: readonly string[];
      /** Where applications of institutions connect to the same brokers. */
      readonly institutionBrokers: readonly string[];
      /** A certificate that may do everything on it. */
      readonly admin: IdentityFiles;
      /** Of the one on Java. */
      readonly process?: Supervised;
      /** Kills it, and resolves when it serves again. Absent when it was not started here. */
      readonly killAndWait?: () => Promise<void>;
      /** Suspends it, and resolves to what lets it go on. Absent when it was not started here. */
      readonly suspend?: () => Promise<() => Promise<void>>;
      stop(): Promise<void>;
    }
  | { readonly kind: 'none'; readonly why: string; stop(): Promise<void> };

/**
 * Finds or starts Kafka: `KAFKA_BROKERS`, else a container where a Docker engine answers, else on Java with Maven. `none` says why
 * there is none; the mesh then uses its log in PostgreSQL.
 */
export const startKafka = async (options: KafkaServerOptions): Promise<Kafka> => {
  const { dataFolder, authority, environment = process.env, report = () => {}, signal } = options;
  const { hasDocker = dockerAnswers } = options;
  const admin = await kafkaIdentity(dataFolder, authority);

  const outside = environment['KAFKA_BROKERS'];
  if (outside) {
    const brokers = outside.split(',').map((broker) => broker.trim());
    if (!(await kafkaAnswers(brokers, admin)))
      throw new LocalFailure(
        `The Kafka of KAFKA_BROKERS (${outside}) does not answer to the certificate ${admin.certificate}: let it trust ${admin.ca}, or unset the variable.`,
      );
    const forInstitutions = environment['KAFKA_INSTITUTION_BROKERS'];
    const institutionBrokers = forInstitutions ? forInstitutions.split(',').map((broker) => broker.trim()) : brokers;
    return { kind: 'kafka', runs: 'elsewhere', brokers, institutionBrokers, admin, stop: async () => {} };
  }

  await stopOrphan(join(dataFolder, 'run'), 'kafka', 10_000);
  mkdirSync(join(dataFolder, 'kafka'), { recursive: true, mode: 0o700 });
  let noContainer = 'no Docker engine answers';
  if (await hasDocker())
    try {
      return await startInContainer(options, admin);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof LocalFailure) throw error;
      noContainer = `it does not start in a container (${messageOf(error)})`;
      report(`Kafka: ${noContainer}`);
    }
  const java = await findJavaWithJars(environment, report);
  if ('why' in java) return { kind: 'none', why: `${java.why}, and ${noContainer}`, stop: async () => {} };
  return startOnJava(options, admin, java);
};

/** The certificate of the brokers, which may administer them. */
export const kafkaIdentity = async (dataFolder: string, authority: CertificateAuthorities): Promise<IdentityFiles> => {
  const certificates = join(dataFolder, 'certificates');
  mkdirSync(certificates, { recursive: true, mode: 0o700 });
  for (const anchor of ANCHORS) {
    const file = anchorFile(certificates, anchor);
    if (!existsSync(file)) await writePrivate(file, authority.certificateOf(anchor));
  }
  return identityFiles(certificates, KAFKA_ADMIN, authority, (ca) => ca.issueService(KAFKA_ADMIN));
};

/** One PEM file with key and certificate, the form of key store that Kafka reads. Resolves to its path. */
export const writeKeyStore = async (dataFolder: string, admin: IdentityFiles): Promise<string> => {
  const keyStore = join(dataFolder, 'certificates', `${KAFKA_ADMIN}-store.pem`);
  await writePrivate(keyStore, `${readFileSync(admin.key, 'utf8').trim()}\n${readFileSync(admin.certificate, 'utf8')}`);
  return keyStore;
};

/** The files of the authorities that each listener trusts. */
export const trustsIn = (dataFolder: string): Readonly<Record<Anchor, string>> => {
  const certificates = join(dataFolder, 'certificates');
  return { services: anchorFile(certificates, 'services'), institutions: anchorFile(certificates, 'institutions') };
};

const startInContainer = async (
  { dataFolder, port, institutionsPort, signal }: KafkaServerOptions,
  admin: IdentityFiles,
): Promise<Extract<Kafka, { readonly kind: 'kafka' }>> => {
  await removeKafkaContainer(port);
  await requireFree(port, 'Kafka');
  await requireFree(institutionsPort, "Kafka's listener for institutions");
  mkdirSync(join(dataFolder, 'logs'), { recursive: true });
  const options = (): KafkaContainerOptions => ({
    port,
    institutionsPort,
    identity: { certificate: readFileSync(admin.certificate, 'utf8'), key: readFileSync(admin.key, 'utf8') },
    trusts: {
      services: readFileSync(trustsIn(dataFolder).services, 'utf8'),
      institutions: readFileSync(trustsIn(dataFolder).institutions, 'utf8'),
    },
    dataFolder: join(dataFolder, 'kafka', 'data'),
    logFile: join(dataFolder, 'logs', 'kafka.log'),
  });
  const container = await startKafkaContainer(options());
  const brokers = [`localhost:${port}`];
  const institutionBrokers = [`localhost:${institutionsPort}`];
  const stop = async () => void (await container.stop({ timeout: STOP_WITHIN_MS }));
  const serving = async () => {
    if (!(await waitFor(() => signal?.aborted === true || kafkaAnswers(brokers, admin), START_WITHIN_MS)))
      throw new Error(`it did not serve within ${START_WITHIN_MS / 1000} s`);
    signal?.throwIfAborted();
  };
  try {
    await serving();
  } catch (error) {
    await stop();
    throw error;
  }
  const killAndWait = async () => {
    // The certificates may have been renewed since the start.
    await container.copyContentToContainer(contentOf(options()));
    await container.restart({ timeout: 0 });
    await serving();
  };
  const suspend = () => suspendContainer(container);
  return { kind: 'kafka', runs: 'in a container', brokers, institutionBrokers, admin, killAndWait, suspend, stop };
};

const startOnJava = async (
  options: KafkaServerOptions,
  admin: IdentityFiles,
  { java, jars }: JavaWithJars,
): Promise<Kafka> => {
  const { dataFolder, port, institutionsPort, controllerPort, signal } = options;
  const { environment = process.env, report = () => {} } = options;
  const home = join(dataFolder, 'kafka');
  const brokers = [`localhost:${port}`];
  const institutionBrokers = [`localhost:${institutionsPort}`];
  const keyStore = await writeKeyStore(dataFolder, admin);
  await requireFree(port, 'Kafka');
  await requireFree(institutionsPort, "Kafka's listener for institutions");
  await requireFree(controllerPort, "Kafka's controller");
  const settings = {
    port,
    institutionsPort,
    controllerPort,
    dataFolder: join(home, 'data'),
    keyStore,
    trusts: trustsIn(dataFolder),
    superUsers: [`CN=${KAFKA_ADMIN}`],
  };
  const program = await kafkaInJava(java, jars, home, settings, environment);
  const server = await Supervised.start(
    {
      ...program,
      name: 'kafka',
      cwd: home,
      startTimeoutMs: START_WITHIN_MS,
      isReady: () => kafkaAnswers(brokers, admin),
    },
    { run: join(dataFolder, 'run'), logs: join(dataFolder, 'logs'), report, signal },
  );
  return {
    kind: 'kafka',
    runs: 'on Java',
    brokers,
    institutionBrokers,
    admin,
    process: server,
    killAndWait: () => server.killAndWait(),
    suspend: () => server.suspend(),
    stop: async () => program.stopped(await server.stop()),
  };
};

/** Why `startKafka` would find none; nothing where it would. */
export const kafkaAbsence = async (
  environment: NodeJS.ProcessEnv,
  hasDocker: () => Promise<boolean> = dockerAnswers,
): Promise<string | undefined> => {
  if (environment['KAFKA_BROKERS'] || (await hasDocker())) return undefined;
  const java = await findJavaWithJars(environment, () => {});
  return 'why' in java ? `${java.why}, and no Docker engine answers` : undefined;
};

interface JavaWithJars {
  readonly java: Exclude<Java, { readonly why: string }>;
  readonly jars: string;
}

/** Java, and Kafka's jars, which Maven downloads at the first call. */
export const findJavaWithJars = async (
  environment: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<JavaWithJars | { readonly why: string }> => {
  const java = findJava(environment);
  if ('why' in java) return java;
  const jars = await kafkaJars(kafkaCache(environment), report);
  return 'why' in jars ? jars : { java, jars: jars.folder };
};
