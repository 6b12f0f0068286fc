import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateAuthorities,
  dockerAnswers,
  freePort,
  KAFKA_ADMIN,
  startKafka,
  startKafkaContainer,
  startPostgres,
} from '@crossroads/local';

/** How the servers of a test run are started. */
export type ServerKind = 'containers' | 'embedded';

export interface PostgresServer {
  readonly kind: ServerKind;
  /** The URL of the superuser, database `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

export type KafkaServer =
  | {
      readonly kind: ServerKind;
      /** `host:port`, as in `KAFKA_BROKERS`. */
      readonly brokers: string;
      /** Where institutions connect. */
      readonly institutionBrokers: string;
      /** The process of an embedded one, which restarts after it was killed. */
      readonly pid: (() => number | undefined) | undefined;
      stop(): Promise<void>;
    }
  /** Neither a Docker engine nor Java is available. */
  | { readonly kind: 'none'; readonly why: string; stop(): Promise<void> };

const POSTGRES_IMAGE = 'postgres:18-alpine';
/** Containers where a Docker engine answers; embedded servers otherwise. */
export const serverKind = async (): Promise<ServerKind> => ((await dockerAnswers()) ? 'containers' : 'embedded');

export const startPostgresServer = async (): Promise<PostgresServer> =>
  (await serverKind()) === 'containers' ? postgresInContainer() : embeddedPostgres();

/** Kafka with TLS, client certificates of this authority, and ACLs. */
export const startKafkaServer = async (authority: CertificateAuthorities): Promise<KafkaServer> =>
  (await serverKind()) === 'containers' ? kafkaInContainer(authority) : embeddedKafka(authority);

const postgresInContainer = async (): Promise<PostgresServer> => {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(POSTGRES_IMAGE)
    .withDatabase('postgres')
    .withUsername('postgres')
    // Sorts by code point, as the embedded server does.
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

const kafkaInContainer = async (authority: CertificateAuthorities): Promise<KafkaServer> => {
  const [port, institutionsPort] = [await freePort(), await freePort()];
  const identity = await authority.issueService(KAFKA_ADMIN);
  const container = await startKafkaContainer({
    port,
    institutionsPort,
    identity,
    trusts: {
      services: authority.certificateOf('services'),
      institutions: authority.certificateOf('institutions'),
    },
  });
  return {
    kind: 'containers',
    brokers: `localhost:${port}`,
    institutionBrokers: `localhost:${institutionsPort}`,
    pid: undefined,
    stop: async () => void (await container.stop()),
  };
};

const embeddedKafka = async (authority: CertificateAuthorities): Promise<KafkaServer> => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'crossroads-kafka-'));
  const { KAFKA_BROKERS: _, ...environment } = process.env;
  const [port, institutionsPort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const kafka = await startKafka({ dataFolder, port, institutionsPort, controllerPort, authority, environment });
  const stop = async () => {
    await kafka.stop();
    await rm(dataFolder, { recursive: true, force: true });
  };
  if (kafka.kind === 'none') return { kind: 'none', why: kafka.why, stop };
  return {
    kind: 'embedded',
    brokers: kafka.brokers.join(','),
    institutionBrokers: kafka.institutionBrokers.join(','),
    pid: () => kafka.process?.pid,
    stop,
  };
};
