import { type AddressVariable, addressVariableOf, SERVICES, serviceNamed } from '@crossroads/topology';
import {
  addressSetting,
  fileSetting,
  oneOfSetting,
  postgresUrlSetting,
  ratioSetting,
  settingsOf,
  textSetting,
  urlSetting,
  wholeNumberSetting,
} from './settings.js';

/** For every process of the mesh. */
export class MeshSettings extends settingsOf({
  CROSSROADS_MODE: oneOfSetting('production refuses test numbers, and databases without sslmode=verify-full', [
    'development',
    'production',
  ]).default('development'),
  CROSSROADS_TRUST_DOMAIN: textSetting('the trust domain of SPIFFE ids in certificates').default('crossroads.test'),
  TLS_CA_FILE: fileSetting('PEM file with the authorities of services, and of the broker'),
  TLS_CERT_FILE: fileSetting("PEM file with this service's certificate"),
  TLS_KEY_FILE: fileSetting("PEM file with its certificate's key"),
}) {
  /** The TLS files and the trust domain for its connections with services. */
  get connection() {
    const { TLS_CA_FILE: ca, TLS_CERT_FILE: cert, TLS_KEY_FILE: key, CROSSROADS_TRUST_DOMAIN: trustDomain } = this;
    return { tls: { ca, cert, key }, trustDomain };
  }
}

/** Of a service that institutions call. */
export class InstitutionSettings extends settingsOf({
  INSTITUTIONS_PORT: wholeNumberSetting('where applications of institutions connect', { min: 0, max: 65_535 }),
  INSTITUTIONS_CA_FILE: fileSetting("PEM file with the authorities of institutions' applications, and of nothing else"),
}) {
  /** The TLS files and the trust domain for its connections to servers of institutions. */
  connectionOf({ connection: { tls, trustDomain } }: MeshSettings) {
    return { tls: { ...tls, ca: this.INSTITUTIONS_CA_FILE }, trustDomain };
  }
}

/** What a process exports, and where to; the names are OpenTelemetry's. */
export class TelemetrySettings extends settingsOf({
  OTEL_EXPORTER_OTLP_ENDPOINT: urlSetting(
    'collector that takes OTLP over HTTP; without one there are no traces and metrics',
    'http://collector:4318',
  ).optional(),
  // Of the national mean of 68 consultations a second, three or four: enough to see where time goes.
  OTEL_TRACES_SAMPLER_ARG: ratioSetting(
    'share of the traces that are recorded, 0 to 1; access records always are',
  ).default(0.05),
  // An export takes about ten milliseconds of CPU.
  OTEL_METRIC_EXPORT_INTERVAL: wholeNumberSetting('milliseconds between two looks at metrics', {
    min: 100,
    max: 3_600_000,
  }).default(30_000),
  OTEL_BSP_SCHEDULE_DELAY: wholeNumberSetting('milliseconds for which spans are collected', {
    min: 100,
    max: 3_600_000,
  }).default(2_000),
  LOG_LEVEL: oneOfSetting('which lines of its log it writes', ['debug', 'info', 'warn', 'error']).default('info'),
}) {}

const addressOf = (title: string) => addressSetting(`host:port of ${title}`).optional();

const ADDRESSES = Object.fromEntries(
  SERVICES.map((name) => [addressVariableOf(name), addressOf(serviceNamed(name).title)]),
) as Readonly<Record<AddressVariable, ReturnType<typeof addressOf>>>;

/** Where the other services are; the topology says which of them a service needs. */
export class AddressSettings extends settingsOf(ADDRESSES) {}

export class DatabaseSettings extends settingsOf({
  DATABASE_URL: postgresUrlSetting("its database, under the role '<database>_app'"),
  DATABASE_MIGRATOR_URL: postgresUrlSetting(
    "the same, under '<database>_migrator'; absent: somebody else migrates",
  ).optional(),
}) {}

export class KeySettings extends settingsOf({
  KEY_FILE: fileSetting('JSON file of named keys'),
}) {}

export class SubjectKeySettings extends settingsOf({
  KEYS_DATABASE_URL: postgresUrlSetting('the database of subject keys, under its app role'),
  KEYS_DATABASE_MIGRATOR_URL: postgresUrlSetting(
    'the same, under its migrator role; absent: somebody else migrates',
  ).optional(),
}) {}

const BROKER = {
  KAFKA_BROKERS: textSetting('host:port of Kafka brokers, separated by commas').optional(),
  EMBEDDED_LOG_URL: postgresUrlSetting('the embedded log, where there is no Kafka').optional(),
};

/** Where the broker is, for a service that neither publishes nor consumes. */
export class BrokerSettings extends settingsOf(BROKER) {}

export class BusSettings extends settingsOf({
  ...BROKER,
  BUS_GRACE_MS: wholeNumberSetting('milliseconds for which it remains ready after the bus was lost', {
    min: 0,
    max: 86_400_000,
  }).default(60_000),
}) {}

/** Of a service without rpcs. */
export class HealthSettings extends settingsOf({
  HEALTH_HOST: textSetting('where it listens').default('127.0.0.1'),
  HEALTH_PORT: wholeNumberSetting('where it serves health without TLS, for a kubelet', { min: 0, max: 65_535 }),
}) {}

export class GrpcSettings extends settingsOf({
  GRPC_HOST: textSetting('where it listens').default('127.0.0.1'),
  MESH_PORT: wholeNumberSetting('where services of the mesh connect', { min: 0, max: 65_535 }),
  HEALTH_PORT: wholeNumberSetting('where it serves health without TLS, for a kubelet', {
    min: 0,
    max: 65_535,
  }).optional(),
  LIMIT_CALLS_PER_SECOND: wholeNumberSetting('calls that one caller may make in a second', {
    min: 1,
    max: 1_000_000,
  }).default(10_000),
  LIMIT_CONCURRENT_CALLS: wholeNumberSetting('calls of one caller in hand at once', { min: 1, max: 1_000_000 }).default(
    1_000,
  ),
  LIMIT_CALLS_IN_FLIGHT: wholeNumberSetting('calls of all callers in hand at once', {
    min: 3,
    max: 1_000_000,
  }).default(2_000),
  LIMIT_BATCH_CALLS: wholeNumberSetting('of them those in the lane batch', { min: 1, max: 1_000 }).default(4),
  LIMIT_BULK_CALLS: wholeNumberSetting('of them those in the lane bulk', { min: 1, max: 1_000 }).default(4),
  LIMIT_MESSAGE_BYTES: wholeNumberSetting('the largest message of a request, in bytes', {
    min: 1_024,
    max: 67_108_864,
  }).default(4_194_304),
  MAX_CONNECTION_AGE_MS: wholeNumberSetting('milliseconds after which clients connect anew; 0: never', {
    min: 0,
    max: 86_400_000,
  }).default(0),
  DRAIN_MS: wholeNumberSetting('milliseconds for which it goes on serving when asked to stop', {
    min: 0,
    max: 10_000,
  }).default(0),
}) {}
