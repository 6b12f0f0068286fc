import type { IdentityFiles } from './certificates.js';

/** The name of the broker's certificate, which may administer it. */
export const KAFKA_ADMIN = 'kafka';

export interface KafkaSettings {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
  /** One PEM file with key and certificate, the form of key store that Kafka reads. */
  readonly keyStore: string;
  readonly ca: IdentityFiles['ca'];
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
 * One node that is broker and controller. Every connection uses TLS with a client certificate, including the controller's. ACLs say
 * what a principal may do; a principal without ACLs may do nothing.
 */
export const kafkaProperties = ({
  port,
  controllerPort,
  dataFolder,
  keyStore,
  ca,
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
      listeners: `SSL://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
      'advertised.listeners': `SSL://localhost:${port}`,
      'listener.security.protocol.map': 'SSL:SSL,CONTROLLER:SSL',
      'inter.broker.listener.name': 'SSL',
      'log.dirs': dataFolder,

      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': ca,
      'ssl.client.auth': 'required',
      'ssl.protocol': 'TLSv1.3',
      'ssl.enabled.protocols': 'TLSv1.3',
      // Java prints a subject in reverse order; this maps both orders to the order that ACLs use.
      'ssl.principal.mapping.rules': 'RULE:^O=([^,]+),OU=([^,]+),CN=([^,]+)$/CN=$3,OU=$2,O=$1/,DEFAULT',
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
