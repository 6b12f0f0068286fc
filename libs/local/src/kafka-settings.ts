import type { IdentityFiles } from './certificates.js';

export interface KafkaSettings {
  readonly port: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
  /** One PEM file with the key and the certificate: what Kafka takes as a key store. */
  readonly keyStore: string;
  readonly ca: IdentityFiles['ca'];
  readonly superUsers: readonly string[];
  /** Address that it listens on. @default 127.0.0.1 */
  readonly host?: string;
}

/**
 * One node that is broker and controller. Every connection is TLS with a client certificate, the controller's too; what
 * a principal may do is in ACLs, and who has none may do nothing.
 */
export const kafkaProperties = ({
  port,
  controllerPort,
  dataFolder,
  keyStore,
  ca,
  superUsers,
  host = '127.0.0.1',
}: KafkaSettings): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@localhost:${controllerPort}`,
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
    // Java prints a subject from its last part to its first; both orders become the one that ACLs are written in.
    'ssl.principal.mapping.rules': 'RULE:^O=([^,]+),CN=([^,]+)$/CN=$2,O=$1/,DEFAULT',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': superUsers.map((user) => `User:${user}`).join(';'),

    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    // Fifty, for a large cluster, take a second longer to load at each start.
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'log.segment.bytes': 128 * 1024 * 1024,
    'message.max.bytes': 8 * 1024 * 1024,
    // After kill -9 the controller, itself restarted, takes the old broker for alive this long. The default is 9 s.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // No record that says nothing, twice a second on disk: it would tell other controllers that this one lives.
    'metadata.max.idle.interval.ms': 0,
    // The defaults are for a server; threads that wait wake up several times a second each.
    'num.io.threads': 2,
    'num.network.threads': 2,
    'group.coordinator.threads': 1,
  })
    // A backslash begins an escape in a properties file, in a path as in a pattern.
    .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}`)
    .join('\n')
    .concat('\n');
