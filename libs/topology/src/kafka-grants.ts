import { type ServiceName, serviceNamed } from './services/index.js';
import { producedBy, readBy, usesKafka } from './topic-access.js';

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
 * Everything that a service may do in Kafka. To give institutions the right to read their topics Kafka requires ALTER on the cluster, with
 * which a service could also give itself more rights.
 */
export const kafkaGrantsOf = (service: ServiceName): readonly KafkaGrant[] => {
  if (!usesKafka(service)) return [];
  const { institutionTopics } = serviceNamed(service);
  return [
    ...producedBy(service).map((name) => grant('TOPIC', name, 'LITERAL', PRODUCES)),
    ...readBy(service).map((name) => grant('TOPIC', name, 'LITERAL', ['READ', 'DESCRIBE'])),
    grant('GROUP', service, 'PREFIXED', ['READ', 'DELETE', 'DESCRIBE']),
    grant('CLUSTER', 'kafka-cluster', 'LITERAL', ['IDEMPOTENT_WRITE', 'DESCRIBE']),
    ...(institutionTopics
      ? [
          grant('TOPIC', institutionTopics.prefix, 'PREFIXED', PRODUCES),
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
