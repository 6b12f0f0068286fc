import { type ServiceName, serviceNamed } from './services/index.js';
import { producedBy, readBy } from './topic-access.js';
import { DELIVERIES } from './topics.js';

/** Operations as Kafka's protocol names them. */
export type KafkaOperation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'DESCRIBE_CONFIGS'
  | 'IDEMPOTENT_WRITE';

/** What one certificate may do to one thing in Kafka, or to all whose names begin alike. */
export interface KafkaGrant {
  readonly resource: 'TOPIC' | 'GROUP' | 'CLUSTER';
  readonly name: string;
  readonly pattern: 'LITERAL' | 'PREFIXED';
  readonly operations: readonly KafkaOperation[];
}

/** The subject of a service's certificate, as Kafka's ACLs have it. */
export const kafkaPrincipalOf = (service: ServiceName): string => `User:CN=${service}`;

const PRODUCES = ['WRITE', 'CREATE', 'DESCRIBE', 'DESCRIBE_CONFIGS'] as const;

/**
 * All that a service may do in Kafka; nothing for a service that has no topics. Subscription gives subscribers the right to read their topics, for which Kafka asks ALTER
 * of the cluster; whoever has that could give themselves more.
 */
export const kafkaGrantsOf = (service: ServiceName): readonly KafkaGrant[] => {
  const topics = [
    ...producedBy(service).map((name) => grant('TOPIC', name, 'LITERAL', PRODUCES)),
    ...readBy(service).map((name) => grant('TOPIC', name, 'LITERAL', ['READ', 'DESCRIBE'])),
  ];
  const delivers = serviceNamed(service).deliversToSubscribers;
  if (topics.length === 0 && !delivers) return [];
  return [
    ...topics,
    grant('GROUP', service, 'PREFIXED', ['READ', 'DELETE', 'DESCRIBE']),
    grant('CLUSTER', 'kafka-cluster', 'LITERAL', ['IDEMPOTENT_WRITE', 'DESCRIBE']),
    ...(delivers
      ? [
          grant('TOPIC', DELIVERIES.prefix, 'PREFIXED', PRODUCES),
          grant('CLUSTER', 'kafka-cluster', 'LITERAL', ['ALTER']),
        ]
      : []),
  ];
};

const grant = (
  resource: KafkaGrant['resource'],
  name: string,
  pattern: KafkaGrant['pattern'],
  operations: readonly KafkaOperation[],
): KafkaGrant => ({ resource, name, pattern, operations });
