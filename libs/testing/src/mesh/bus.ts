import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CertificateAuthorities, type IssuedCertificate } from '@crossroads/local';
import {
  aclEntriesOf,
  type Broker,
  type BrokerAdministration,
  embeddedLogMigrations,
  type KafkaTls,
  kafkaClient,
  openAdministration,
  openBroker,
} from '@crossroads/messaging';
import { kafkaGrantsOf, kafkaPrincipalOf, type ServiceName, serviceNamed } from '@crossroads/topology';
import kafkajs from 'kafkajs';
import { testKafka } from '../kafka.js';
import { type TestDatabase, testDatabase } from '../postgres.js';
import { Link } from './link.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** The bus of a test mesh, and the certificate authority that it trusts. */
export interface TestBus {
  readonly kind: 'kafka' | 'embedded';
  /** The settings with which a service uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Disconnects services from the bus, but not `broker`. Only for an embedded bus. */
  readonly link: Link | undefined;
  /** The database of an embedded bus. */
  readonly database: TestDatabase | undefined;
  /** Gives a service all rights on Kafka; the one that administers it has its own. Specs of the local mesh test the real ACLs. */
  allow(service: ServiceName): Promise<void>;
  /** PEM of the authority of institutions. */
  readonly institutionsCa: string;
  /** Where the holder of a certificate connects to Kafka. */
  brokersFor(tls: KafkaTls): readonly string[];
  issue(make: (authority: CertificateAuthorities) => Promise<IssuedCertificate>): Promise<KafkaTls>;
  /** A broker client with all rights. */
  readonly broker: Broker;
  /** What the broker-keeper has, with all rights. */
  administration(): Promise<BrokerAdministration>;
  /** A broker client with a certificate. `clientId` has the prefix of its consumer groups. */
  open(tls: KafkaTls, clientId: string): Promise<Broker>;
  stop(): Promise<void>;
}

/** Whether a certificate (PEM, or the path of its file) names an application of an institution, which connects to ports of its own. */
export const isOfInstitution = (cert: string): boolean =>
  /^O=/m.test(new X509Certificate(cert.includes('-----BEGIN') ? cert : readFileSync(cert)).subject);

/** Uses Kafka if there is one, unless the embedded log is requested. */
export const testBus = async (wanted: 'kafka' | 'embedded', trustDomain: string): Promise<TestBus> =>
  (wanted === 'kafka' ? await onKafka() : undefined) ?? embedded(trustDomain);

const onKafka = async (): Promise<TestBus | undefined> => {
  const kafka = await testKafka();
  if (!kafka) return undefined;
  const brokers = kafka.brokers.split(',');
  const brokersFor = ({ cert }: KafkaTls): string[] =>
    (isOfInstitution(cert) ? kafka.institutionBrokers : kafka.brokers).split(',');
  const open = (tls: KafkaTls, clientId: string) =>
    openBroker({ clientId, kafkaBrokers: brokersFor(tls).join(','), tls });
  const broker = await open(kafka.admin, 'spec');
  return {
    kind: 'kafka',
    env: { KAFKA_BROKERS: kafka.brokers },
    link: undefined,
    database: undefined,
    allow: async (service) => {
      const admin = kafkaClient({ brokers, clientId: 'spec', tls: kafka.admin }, () => undefined).admin();
      await admin.connect();
      if (serviceNamed(service).administersBroker) {
        await admin.createAcls({ acl: aclEntriesOf(kafkaPrincipalOf(service), kafkaGrantsOf(service)) });
        await admin.disconnect();
        return;
      }
      const resources = [
        [AclResourceTypes.TOPIC, '*'],
        [AclResourceTypes.GROUP, '*'],
        [AclResourceTypes.CLUSTER, 'kafka-cluster'],
      ] as const;
      await admin.createAcls({
        acl: resources.map(([resourceType, resourceName]) => ({
          resourceType,
          resourceName,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:CN=${service}`,
          host: '*',
          operation: AclOperationTypes.ALL,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      });
      await admin.disconnect();
    },
    institutionsCa: kafka.institutionsCa,
    brokersFor,
    issue: (make) => kafka.issue(make),
    broker,
    administration: () => openAdministration({ clientId: 'spec', kafkaBrokers: kafka.brokers, tls: kafka.admin }),
    open,
    stop: async () => {
      await broker.close();
      await kafka.stop();
    },
  };
};

const embedded = async (trustDomain: string): Promise<TestBus> => {
  const authority = await CertificateAuthorities.create(trustDomain);
  const database: TestDatabase = await testDatabase(...embeddedLogMigrations);
  const { link, url } = await Link.ofUrl(database.url);
  const open = () => openBroker({ clientId: 'spec', embeddedLogUrl: database.url });
  const broker = await open();
  return {
    kind: 'embedded',
    env: { EMBEDDED_LOG_URL: url },
    link,
    database,
    allow: async () => undefined,
    institutionsCa: authority.certificateOf('institutions'),
    brokersFor: () => [],
    issue: async (make) => {
      const { certificate, key } = await make(authority);
      return { ca: authority.certificateOf('services'), cert: certificate, key };
    },
    broker,
    administration: () => openAdministration({ clientId: 'spec', embeddedLogUrl: database.url }),
    open,
    stop: async () => {
      await broker.close();
      link.close();
      await database.drop();
    },
  };
};
