import { type LimitSettings, limitSettings, limitsOf, messageLimit } from './limit-settings.js';
import { address, file, oneOf, optional, postgresUrl, readConfiguration, text, wholeNumber } from './setting.js';
import { telemetrySettings } from './telemetry-settings.js';

/** Its own database. */
export const databaseSettings = {
  databaseUrl: postgresUrl('DATABASE_URL', "its database, under the role '<database>_app'"),
  databaseMigratorUrl: optional(
    postgresUrl('DATABASE_MIGRATOR_URL', "the same, under '<database>_migrator'; absent: somebody else migrates"),
  ),
} as const;

/** Of the process that only migrates: nothing else needs to be set. @throws BadConfiguration */
export const readDatabaseConfig = () => readConfiguration(databaseSettings);

/** What every service of the mesh needs. */
export const meshSettings = {
  ...telemetrySettings,
  mode: oneOf('CROSSROADS_MODE', 'production refuses test numbers', ['development', 'production'], {
    default: 'development',
  }),
  trustDomain: text('CROSSROADS_TRUST_DOMAIN', 'the trust domain of SPIFFE ids in certificates', {
    default: 'crossroads.test',
  }),
  host: text('GRPC_HOST', 'where it listens', { default: '127.0.0.1' }),
  port: wholeNumber('GRPC_PORT', 'where it listens', { min: 0, max: 65_535 }),
  healthPort: optional(
    wholeNumber('HEALTH_PORT', 'where it serves health without TLS, for a kubelet', { min: 0, max: 65_535 }),
  ),
  ...limitSettings,
  ...messageLimit(),
  maxConnectionAgeMs: wholeNumber(
    'MAX_CONNECTION_AGE_MS',
    'milliseconds after which clients connect anew, and so find new instances; 0: never',
    { min: 0, max: 86_400_000, default: '0' },
  ),
  drainMs: wholeNumber('DRAIN_MS', 'milliseconds for which it goes on serving when asked to stop, though not ready', {
    min: 0,
    max: 10_000,
    default: '0',
  }),
  tlsCaFile: file('TLS_CA_FILE', "PEM file with the mesh's certificate authorities"),
  tlsCertFile: file('TLS_CERT_FILE', "PEM file with this service's certificate"),
  tlsKeyFile: file('TLS_KEY_FILE', "PEM file with its certificate's key"),
  ...databaseSettings,
} as const;

/** The bus: Kafka, or the embedded log where there is none. One of the two is needed. */
export const busSettings = {
  kafkaBrokers: optional(text('KAFKA_BROKERS', 'host:port of Kafka brokers, separated by commas')),
  embeddedLogUrl: optional(postgresUrl('EMBEDDED_LOG_URL', 'the embedded log, where there is no Kafka')),
} as const;

/** How long a service counts as ready after it has lost the bus: services differ in what they can do without it. */
export const busGraceSetting = (milliseconds: number) => ({
  busGraceMs: wholeNumber('BUS_GRACE_MS', 'milliseconds for which it remains ready after the bus was lost', {
    min: 0,
    max: 86_400_000,
    default: String(milliseconds),
  }),
});

/** For services that seal. */
export const sealingSettings = {
  keyFile: file('KEY_FILE', 'JSON file of named keys'),
} as const;

/** For services that keep personal data, sealed under a key for each person in another database. */
export const subjectKeySettings = {
  keysDatabaseUrl: postgresUrl('KEYS_DATABASE_URL', 'the database of subject keys, under its app role'),
  keysDatabaseMigratorUrl: optional(
    postgresUrl('KEYS_DATABASE_MIGRATOR_URL', 'the same, under its migrator role; absent: somebody else migrates'),
  ),
} as const;

/** The same for services that keep subject keys. @throws BadConfiguration */
export const readDatabaseAndKeysConfig = () => readConfiguration({ ...databaseSettings, ...subjectKeySettings });

export const authorizationSetting = {
  authorizationAddress: address('AUTHORIZATION_ADDRESS', 'host:port of authorization'),
} as const;

export const directorySetting = {
  directoryAddress: address('REFERENCE_DIRECTORY_ADDRESS', 'host:port of the reference directory'),
} as const;

interface ServingSettings extends TlsSettings, LimitSettings {
  readonly host: string;
  readonly port: number;
  readonly healthPort: number | undefined;
  readonly maxConnectionAgeMs: number;
  readonly drainMs: number;
  readonly trustDomain: string;
}

/** How and where a service serves, as `libs/grpc` takes it. */
export const servingOf = (config: ServingSettings) => ({
  host: config.host,
  port: config.port,
  healthPort: config.healthPort,
  maxConnectionAgeMs: config.maxConnectionAgeMs,
  drainMs: config.drainMs,
  trustDomain: config.trustDomain,
  tls: tlsFiles(config),
  limits: limitsOf(config),
});

interface TlsSettings {
  readonly tlsCaFile: string;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
}

/** The files of a service's TLS identity, as `libs/grpc` and `libs/messaging` take them. */
export const tlsFiles = ({ tlsCaFile, tlsCertFile, tlsKeyFile }: TlsSettings) => ({
  ca: tlsCaFile,
  cert: tlsCertFile,
  key: tlsKeyFile,
});
