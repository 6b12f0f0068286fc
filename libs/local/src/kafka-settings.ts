import type { Anchor } from './certificates.js';

/** The name of the broker's certificate, which may administer it. */
export const KAFKA_ADMIN = 'kafka';

export interface KafkaSettings {
  /** For services of the mesh, and between brokers. */
  readonly port: number;
  readonly institutionsPort: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
  /** One PEM file with key and certificate, the form of key store that Kafka reads. */
  readonly keyStore: string;
  /** PEM files of the authorities that each listener trusts. */
  readonly trusts: Readonly<Record<Anchor, string>>;
  readonly superUsers: readonly string[];
  /** Address that it listens on. @default 127.0.0.1 */
  readonly host?: string;
  /** Absent: it is the only node. */
  readonly cluster?: KafkaCluster;
}

/** Nodes that hold each partition together: a write is acknowledged when all but one have it. */
interface KafkaCluster {
  /** 16 bytes in URL-safe base64, the same for all nodes. */
  readonly id: string;
  /** From 1. */
  readonly node: number;
  /** The controller ports of all nodes, in their order. */
  readonly controllerPorts: readonly number[];
}

/**
 * The form of the subjects that a listener takes, in both orders, as Java prints the last first. There is no DEFAULT: a certificate with another
 * subject is refused, such as that of `CN=exchange` by an authority of institutions.
 */
const PRINCIPALS: Readonly<Record<Anchor, string>> = {
  services: 'RULE:^CN=([a-z0-9-]+)$/CN=$1/',
  institutions: [
    'RULE:^CN=([a-z0-9-]+),OU=([A-Za-z0-9_-]+),O=([0-9]+)$/CN=$1,OU=$2,O=$3/',
    'RULE:^O=([0-9]+),OU=([A-Za-z0-9_-]+),CN=([a-z0-9-]+)$/CN=$3,OU=$2,O=$1/',
  ].join(),
};

/**
 * One node that is broker and controller. Every connection uses TLS with a client certificate, including the controller's. There is a listener for
 * services and one for applications of institutions, and each trusts the authority of its own only. ACLs say what a principal may do; a
 * principal without ACLs may do nothing.
 */
export const kafkaProperties = ({
  port,
  institutionsPort,
  controllerPort,
  dataFolder,
  keyStore,
  trusts,
  superUsers,
  host = '127.0.0.1',
  cluster: { node, controllerPorts } = { id: '', node: 1, controllerPorts: [controllerPort] },
}: KafkaSettings): string => {
  const replicas = controllerPorts.length;
  const inSync = Math.max(1, replicas - 1);
  return (
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': node,
      'controller.quorum.voters': controllerPorts.map((of, n) => `${n + 1}@localhost:${of}`).join(),
      'controller.listener.names': 'CONTROLLER',
      listeners: `MESH://${host}:${port},INSTITUTIONS://${host}:${institutionsPort},CONTROLLER://${host}:${controllerPort}`,
      'advertised.listeners': `MESH://localhost:${port},INSTITUTIONS://localhost:${institutionsPort}`,
      'listener.security.protocol.map': 'MESH:SSL,INSTITUTIONS:SSL,CONTROLLER:SSL',
      'inter.broker.listener.name': 'MESH',
      'log.dirs': dataFolder,

      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': trusts.services,
      'listener.name.institutions.ssl.truststore.type': 'PEM',
      'listener.name.institutions.ssl.truststore.location': trusts.institutions,
      'ssl.client.auth': 'required',
      'ssl.protocol': 'TLSv1.3',
      'ssl.enabled.protocols': 'TLSv1.3',
      'ssl.principal.mapping.rules': PRINCIPALS.services,
      'listener.name.institutions.ssl.principal.mapping.rules': PRINCIPALS.institutions,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': superUsers.map((user) => `User:${user}`).join(';'),

      'auto.create.topics.enable': false,
      'num.partitions': 1,
      'default.replication.factor': replicas,
      'min.insync.replicas': inSync,
      'offsets.topic.replication.factor': replicas,
      // The default, 50, takes a second longer to load at each start.
      'offsets.topic.num.partitions': 4,
      'transaction.state.log.replication.factor': replicas,
      'transaction.state.log.min.isr': inSync,
      'transaction.state.log.num.partitions': 4,
      'share.coordinator.state.topic.replication.factor': replicas,
      'share.coordinator.state.topic.min.isr': inSync,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'log.segment.bytes': 128 * 1024 * 1024,
      'message.max.bytes': 8 * 1024 * 1024,
      // After SIGKILL the restarted controller considers the old broker alive for this long. The default is 9 s.
      'broker.session.timeout.ms': 3_000,
      'broker.heartbeat.interval.ms': 500,
      // No heartbeat records on disk twice a second: there are no other controllers to read them.
      'metadata.max.idle.interval.ms': 0,
      // The defaults are for a server; each idle thread wakes up several times a second.
      'num.io.threads': 2,
      'num.network.threads': 2,
      'group.coordinator.threads': 1,
    })
      // A backslash starts an escape in a properties file.
      .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}`)
      .join('\n')
      .concat('\n')
  );
};
