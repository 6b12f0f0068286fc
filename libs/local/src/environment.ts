import { addressVariableOf, SERVICES } from '@crossroads/topology';
import { anchorFile, type IdentityFiles } from './certificates.js';
import type { Databases } from './databases.js';
import type { MeshBroker } from './mesh.js';
import type { Ports } from './ports.js';

/** Settings of a service for its databases and the broker. */
export const serviceEnvironment = (databases: Databases | undefined, broker: MeshBroker): NodeJS.ProcessEnv => ({
  ...(databases ? databasesEnvironment(databases) : {}),
  ...(broker.kind === 'kafka' ? { KAFKA_BROKERS: broker.brokers.join(',') } : { EMBEDDED_LOG_URL: broker.url }),
});

const databasesEnvironment = ({ main, keys }: Databases): NodeJS.ProcessEnv => ({
  DATABASE_URL: main.app,
  DATABASE_MIGRATOR_URL: main.migrator,
  ...(keys ? { KEYS_DATABASE_URL: keys.app, KEYS_DATABASE_MIGRATOR_URL: keys.migrator } : {}),
});

interface MeshLocation {
  readonly trustDomain: string;
  readonly ports: Ports;
  readonly folder: { readonly certificates: string };
  readonly receiptKeysFile: string;
}

interface Connections {
  /** Where applications of institutions connect to it; absent: nowhere. */
  readonly institutionsPort?: number | undefined;
  /** The ports of services to which it connects. @default 'services' */
  readonly connectsTo?: 'services' | 'forInstitutions';
}

/** Settings of a process for its identity, its ports and the addresses of services. */
export const meshEnvironment = (
  { trustDomain, ports, folder, receiptKeysFile }: MeshLocation,
  identity: IdentityFiles,
  port: number,
  { institutionsPort, connectsTo = 'services' }: Connections = {},
): NodeJS.ProcessEnv => {
  const addresses = SERVICES.map((name) => [addressVariableOf(name), `localhost:${ports[connectsTo][name]}`] as const);
  return {
    CROSSROADS_TRUST_DOMAIN: trustDomain,
    GRPC_HOST: '127.0.0.1',
    MESH_PORT: String(port),
    ...(institutionsPort === undefined
      ? {}
      : {
          INSTITUTIONS_PORT: String(institutionsPort),
          INSTITUTIONS_CA_FILE: anchorFile(folder.certificates, 'institutions'),
        }),
    TLS_CA_FILE: identity.ca,
    TLS_CERT_FILE: identity.certificate,
    TLS_KEY_FILE: identity.key,
    RECEIPT_KEYS_FILE: receiptKeysFile,
    ...Object.fromEntries(addresses),
  };
};

/** The variables of this process that services get, too. Others, such as the URL of another database, must not reach them. */
export const inheritedEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) =>
      /^(PATH|HOME|USER|TMPDIR|LANG|TZ|LOG_LEVEL|LIMIT_.*|OTEL_.*|CROSSROADS_.*|NODE_EXTRA_CA_CERTS)$/.test(name),
    ),
  );
