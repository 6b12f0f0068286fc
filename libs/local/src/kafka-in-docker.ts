import { createWriteStream, mkdirSync } from 'node:fs';
import type { StartedTestContainer } from 'testcontainers';
import type { Anchor, IssuedCertificate } from './certificates.js';
import { clusterId } from './kafka-in-java.js';
import { kafkaVersion } from './kafka-jars.js';
import { KAFKA_ADMIN, kafkaProperties } from './kafka-settings.js';

const ENGINE_ANSWERS_WITHIN_MS = 5_000;
const START_WITHIN_MS = 120_000;
const FOLDER = '/crossroads';
/** Identifies a container that a killed process left. */
const PORT_LABEL = 'crossroads.kafka.port';

/**
 * Whether a Docker engine answers, as Testcontainers looks for one (`DOCKER_HOST`, the usual sockets). Testcontainers is loaded only
 * here and by a start: most processes never need it.
 */
export const dockerAnswers = (): Promise<boolean> => {
  asked ??= (async () => {
    const { getContainerRuntimeClient } = await import('testcontainers');
    const answered = getContainerRuntimeClient().then(
      () => true,
      () => false,
    );
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, ENGINE_ANSWERS_WITHIN_MS, false);
    const found = await Promise.race([answered, late]);
    clearTimeout(timer);
    return found;
  })();
  return asked;
};

let asked: Promise<boolean> | undefined;

export interface KafkaContainerOptions {
  /** The same inside and outside, because Kafka tells its clients to which port to connect. */
  readonly port: number;
  readonly institutionsPort: number;
  readonly identity: IssuedCertificate;
  /** PEM of the authority whose clients each listener accepts. */
  readonly trusts: Readonly<Record<Anchor, string>>;
  /** A folder of this machine for its data. Absent: the data is lost with the container. */
  readonly dataFolder?: string;
  readonly logFile?: string;
}

const inside = (name: string) => `${FOLDER}/${name}`;

/** Without a folder of this machine below /tmp, because the user of the image may make folders nowhere else. */
const dataIn = ({ dataFolder }: KafkaContainerOptions): string =>
  dataFolder === undefined ? '/tmp/crossroads-data' : inside('data');

/** A port that only the container knows, which is neither of these. */
const freeBeside = (...taken: readonly number[]): number =>
  [9_093, 9_094, 9_095].find((port) => !taken.includes(port)) ?? 9_096;

/** The settings and certificates in the container. */
export const contentOf = (options: KafkaContainerOptions): { readonly content: string; readonly target: string }[] => {
  const { port, institutionsPort, identity, trusts } = options;
  const properties = kafkaProperties({
    port,
    institutionsPort,
    controllerPort: freeBeside(port, institutionsPort),
    host: '0.0.0.0',
    dataFolder: dataIn(options),
    keyStore: inside('key-store.pem'),
    trusts: { services: inside('services-ca.pem'), institutions: inside('institutions-ca.pem') },
    superUsers: [`CN=${KAFKA_ADMIN}`],
  });
  return [
    { content: properties, target: inside('server.properties') },
    { content: `${identity.key.trim()}\n${identity.certificate}`, target: inside('key-store.pem') },
    { content: trusts.services, target: inside('services-ca.pem') },
    { content: trusts.institutions, target: inside('institutions-ca.pem') },
  ];
};

/**
 * Kafka in Apache's image, with TLS, client certificates and ACLs. The `KafkaContainer` of Testcontainers has no listener with client
 * certificates. Testcontainers removes the container when this process ends, even by SIGKILL.
 */
export const startKafkaContainer = async (options: KafkaContainerOptions): Promise<StartedTestContainer> => {
  const { port, institutionsPort, dataFolder, logFile } = options;
  const { GenericContainer, Wait } = await import('testcontainers');
  const data = dataIn(options);
  const tool = (name: string) => `/opt/kafka/bin/kafka-${name}.sh`;
  const format = `${tool('storage')} format -t ${clusterId()} -c ${inside('server.properties')}`;
  const container = new GenericContainer(`apache/kafka:${kafkaVersion()}`)
    .withLabels({ [PORT_LABEL]: String(port) })
    .withExposedPorts({ container: port, host: port }, { container: institutionsPort, host: institutionsPort })
    .withCopyContentToContainer(contentOf(options))
    .withEnvironment({ KAFKA_HEAP_OPTS: '-Xms128m -Xmx384m', LOG_DIR: '/tmp' })
    .withEntrypoint(['/bin/sh', '-c'])
    .withCommand([
      `{ [ -f ${data}/meta.properties ] || ${format}; } && exec ${tool('server-start')} ${inside('server.properties')}`,
    ])
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_WITHIN_MS);
  if (dataFolder !== undefined) {
    mkdirSync(dataFolder, { recursive: true });
    container.withBindMounts([{ source: dataFolder, target: data, mode: 'rw' }]);
    // So that this user can read and remove what Kafka writes.
    if (process.getuid) container.withUser(`${process.getuid()}:${process.getgid?.() ?? 0}`);
  }
  if (logFile !== undefined)
    container.withLogConsumer((lines) => lines.pipe(createWriteStream(logFile, { flags: 'a', mode: 0o600 })));
  return container.start();
};

/** Suspends all processes of a container. Resolves to what lets them go on. */
export const suspendContainer = async (started: StartedTestContainer): Promise<() => Promise<void>> => {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const suspended = container.getById(started.getId());
  await suspended.pause();
  return async () => void (await suspended.unpause());
};

/** Removes the container at this port that a killed process left. */
export const removeKafkaContainer = async (port: number): Promise<void> => {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const { container } = await getContainerRuntimeClient();
  const found = await container.fetchByLabel(PORT_LABEL, String(port));
  await found?.remove({ force: true });
};
