import { type ServiceName, serviceNamed } from './services/index.js';
import { producedBy, readBy, usesKafka, usesTopics } from './topic-access.js';
import { INSTITUTION_TOPICS, type InstitutionTopics, topicOfInstitution } from './topics.js';

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

/** An application with one of its keys. */
export interface ApplicationKey {
  readonly enterpriseNumber: string;
  readonly application: string;
  /** base64url SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly spki: string;
}

/** The subject of an application's certificate, which names its key: an application may have several, and each is withdrawn by itself. */
export const kafkaPrincipalOfKey = ({ enterpriseNumber, application, spki }: ApplicationKey): string =>
  `User:CN=${application},OU=${spki},O=${enterpriseNumber}`;

const PRODUCES = ['WRITE', 'CREATE', 'DESCRIBE', 'DESCRIBE_CONFIGS'] as const;

/**
 * Everything that a service may do in Kafka. To give institutions the right to read their topics Kafka requires ALTER on the cluster, with
 * which a service could also give itself more rights: one service has it, which holds no data and to which nobody connects.
 */
export const kafkaGrantsOf = (service: ServiceName): readonly KafkaGrant[] => {
  if (!usesKafka(service)) return [];
  const { institutionTopics, administersBroker } = serviceNamed(service);
  return [
    ...producedBy(service).map((name) => grant('TOPIC', name, 'LITERAL', PRODUCES)),
    ...readBy(service).map((name) => grant('TOPIC', name, 'LITERAL', ['READ', 'DESCRIBE'])),
    ...(usesTopics(service)
      ? [
          grant('GROUP', service, 'PREFIXED', ['READ', 'DELETE', 'DESCRIBE']),
          grant('CLUSTER', 'kafka-cluster', 'LITERAL', ['IDEMPOTENT_WRITE', 'DESCRIBE']),
        ]
      : []),
    ...(institutionTopics ? [grant('TOPIC', institutionTopics.prefix, 'PREFIXED', ['WRITE', 'DESCRIBE'])] : []),
    ...(administersBroker
      ? [
          ...INSTITUTION_TOPICS.map(({ prefix }) =>
            grant('TOPIC', prefix, 'PREFIXED', ['CREATE', 'ALTER', 'DESCRIBE']),
          ),
          grant('CLUSTER', 'kafka-cluster', 'LITERAL', ['ALTER', 'DESCRIBE']),
        ]
      : []),
  ];
};

/** What an institution may do in Kafka: read its topics, in groups whose names begin with its enterprise number. */
export const kafkaGrantsOfInstitution = (
  enterpriseNumber: string,
  topics: readonly InstitutionTopics[],
): readonly KafkaGrant[] => [
  ...topics.map((one) => grant('TOPIC', topicOfInstitution(one, enterpriseNumber), 'LITERAL', ['READ'])),
  grant('GROUP', enterpriseNumber, 'PREFIXED', ['READ']),
];

const grant = (
  resource: KafkaGrant['resource'],
  name: string,
  pattern: KafkaGrant['pattern'],
  operations: readonly KafkaOperation[],
): KafkaGrant => ({ resource, name, pattern, operations });
