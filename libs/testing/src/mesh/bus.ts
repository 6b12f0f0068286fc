import { CertificateAuthority, type IssuedCertificate } from '@crossroads/local';
import { type Broker, type KafkaTls, kafkaClient, openBroker } from '@crossroads/messaging';
import kafkajs from 'kafkajs';
import { testKafka } from '../kafka.js';
import { type TestDatabase, testDatabase } from '../postgres.js';
import { Link } from './link.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** The bus of a test mesh, and the authority that it trusts. */
export interface TestBus {
  readonly kind: 'kafka' | 'embedded';
  /** How a service is told of it. */
  readonly env: Readonly<Record<string, string>>;
  /** Cuts the bus from services, not from `broker`. Of an embedded one only. */
  readonly link: Link | undefined;
  /** What an embedded one keeps its log in. */
  readonly database: TestDatabase | undefined;
  /** Lets a service do everything on Kafka; which ACLs it really gets is the local mesh's business. */
  allow(service: string): Promise<void>;
  issue(make: (authority: CertificateAuthority) => Promise<IssuedCertificate>): Promise<KafkaTls>;
  /** With all rights. */
  readonly broker: Broker;
  /** As the holder of a certificate sees it; `clientId` begins like the groups that it may use. */
  open(tls: KafkaTls, clientId: string): Promise<Broker>;
  stop(): Promise<void>;
}

/** Real Kafka where there is one, unless the embedded log is asked for. */
export const testBus = async (wanted: 'kafka' | 'embedded', trustDomain: string): Promise<TestBus> =>
  (wanted === 'kafka' ? await onKafka() : undefined) ?? embedded(trustDomain);

const onKafka = async (): Promise<TestBus | undefined> => {
  const kafka = await testKafka();
  if (!kafka) return undefined;
  const brokers = kafka.brokers.split(',');
  const open = (tls: KafkaTls, clientId: string) => openBroker({ clientId, kafkaBrokers: kafka.brokers, tls });
  const broker = await open(kafka.admin, 'spec');
  return {
    kind: 'kafka',
    env: { KAFKA_BROKERS: kafka.brokers },
    link: undefined,
    database: undefined,
    allow: async (service) => {
      const admin = kafkaClient({ brokers, clientId: 'spec', tls: kafka.admin }, () => undefined).admin();
      await admin.connect();
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
    issue: (make) => kafka.issue(make),
    broker,
    open,
    stop: async () => {
      await broker.close();
      await kafka.stop();
    },
  };
};

const embedded = async (trustDomain: string): Promise<TestBus> => {
  const authority = await CertificateAuthority.create(trustDomain);
  const database: TestDatabase = await testDatabase();
  const { link, url } = await Link.ofUrl(database.migratorUrl);
  const open = () => openBroker({ clientId: 'spec', embeddedLogUrl: database.migratorUrl });
  const broker = await open();
  return {
    kind: 'embedded',
    env: { EMBEDDED_LOG_URL: url },
    link,
    database,
    allow: async () => undefined,
    issue: async (make) => {
      const { certificate, key } = await make(authority);
      return { ca: authority.certificate, cert: certificate, key };
    },
    broker,
    open,
    stop: async () => {
      await broker.close();
      link.close();
      await database.drop();
    },
  };
};
