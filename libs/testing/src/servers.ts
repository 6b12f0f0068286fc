import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateAuthority,
  freePort,
  KAFKA_ADMIN,
  kafkaProperties,
  kafkaVersion,
  startKafka,
  startPostgres,
} from '@crossroads/local';

/** How the servers of a test run are started. */
export type ServerKind = 'containers' | 'embedded';

export interface PostgresServer {
  readonly kind: ServerKind;
  /** As superuser, database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

export type KafkaServer =
  | {
      readonly kind: ServerKind;
      /** `host:port`, as in `KAFKA_BROKERS`. */
      readonly brokers: string;
      /** Of the embedded one, which restarts by itself after it was killed. */
      readonly pid: (() => number | undefined) | undefined;
      stop(): Promise<void>;
    }
  /** There is neither a Docker engine nor Java. */
  | { readonly kind: 'none'; readonly why: string; stop(): Promise<void> };

const POSTGRES_IMAGE = 'postgres:18-alpine';
const ENGINE_ANSWERS_WITHIN_MS = 5_000;
/** In the Kafka image, which runs as a user of its own: only there may it make a folder. */
const KAFKA_DATA = '/tmp/crossroads-data';
const KAFKA_FILES = '/crossroads';

/**
 * Containers where a Docker engine answers, as Testcontainers looks for one (`DOCKER_HOST`, the usual sockets); embedded
 * servers otherwise. The library is loaded only here: most processes of a test run are given servers that run already.
 */
export const serverKind = (): Promise<ServerKind> => {
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
    return found ? 'containers' : 'embedded';
  })();
  return asked;
};

let asked: Promise<ServerKind> | undefined;

export const startPostgresServer = async (): Promise<PostgresServer> =>
  (await serverKind()) === 'containers' ? postgresInContainer() : embeddedPostgres();

/** Kafka with TLS, client certificates of this authority, and ACLs. */
export const startKafkaServer = async (authority: CertificateAuthority): Promise<KafkaServer> =>
  (await serverKind()) === 'containers' ? kafkaInContainer(authority) : embeddedKafka(authority);

const postgresInContainer = async (): Promise<PostgresServer> => {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(POSTGRES_IMAGE)
    .withDatabase('postgres')
    .withUsername('postgres')
    // Sorted by code point, as the embedded server does.
    .withEnvironment({ POSTGRES_INITDB_ARGS: '--locale-provider=builtin --builtin-locale=C.UTF-8', TZ: 'UTC' })
    .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=400', '-c', 'random_page_cost=1.1'])
    .start();
  return { kind: 'containers', url: container.getConnectionUri(), stop: async () => void (await container.stop()) };
};

const embeddedPostgres = async (): Promise<PostgresServer> => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'crossroads-postgres-'));
  const server = await startPostgres({ dataFolder, port: await freePort(), outside: '', durable: false });
  return {
    kind: 'embedded',
    url: server.adminUrl,
    stop: async () => {
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
};

/** Not `KafkaContainer` of Testcontainers: that has no listener with client certificates and ACLs. */
const kafkaInContainer = async (authority: CertificateAuthority): Promise<KafkaServer> => {
  const { GenericContainer, Wait } = await import('testcontainers');
  // The same inside and outside, because Kafka tells its clients by which port to come back.
  const port = await freePort();
  const { certificate, key } = await authority.issueService(KAFKA_ADMIN);
  const [properties, keyStore, ca] = ['server.properties', 'key-store.pem', 'ca.pem'].map(
    (name) => `${KAFKA_FILES}/${name}`,
  ) as [string, string, string];
  const settings = kafkaProperties({
    port,
    controllerPort: port + 1,
    host: '0.0.0.0',
    dataFolder: KAFKA_DATA,
    keyStore,
    ca,
    superUsers: [`CN=${KAFKA_ADMIN}`],
  });
  const tool = (name: string) => `/opt/kafka/bin/${name}.sh`;
  const container = await new GenericContainer(`apache/kafka:${kafkaVersion()}`)
    .withExposedPorts({ container: port, host: port })
    .withCopyContentToContainer([
      { content: settings, target: properties },
      { content: key + certificate, target: keyStore },
      { content: authority.certificate, target: ca },
    ])
    .withEnvironment({ KAFKA_HEAP_OPTS: '-Xms128m -Xmx384m', LOG_DIR: '/tmp' })
    .withEntrypoint(['/bin/sh', '-c'])
    .withCommand([
      `${tool('kafka-storage')} format -t $(${tool('kafka-storage')} random-uuid) -c ${properties} && exec ${tool('kafka-server-start')} ${properties}`,
    ])
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(120_000)
    .start();
  return {
    kind: 'containers',
    brokers: `localhost:${port}`,
    pid: undefined,
    stop: async () => void (await container.stop()),
  };
};

const embeddedKafka = async (authority: CertificateAuthority): Promise<KafkaServer> => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'crossroads-kafka-'));
  const { KAFKA_BROKERS: _, ...environment } = process.env;
  const [port, controllerPort] = [await freePort(), await freePort()];
  const kafka = await startKafka({ dataFolder, port, controllerPort, authority, environment });
  const stop = async () => {
    await kafka.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
  if (kafka.kind === 'none') return { kind: 'none', why: kafka.why, stop };
  return { kind: 'embedded', brokers: kafka.brokers.join(','), pid: () => kafka.process?.pid, stop };
};
