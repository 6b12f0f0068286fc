import type { Policy } from '@crossroads/policy/decide';
import {
  DELIVERIES,
  EBOX_EVENTS,
  type InstitutionTopics,
  kafkaGrantsOf,
  kafkaGrantsOfInstitution,
  kafkaPrincipalOf,
  kafkaPrincipalOfKey,
  SERVICES,
  TOPIC_PREFIX,
  topicOfInstitution,
} from '@crossroads/topology';
import kafkajs from 'kafkajs';
import { aclEntriesOf } from './acl-entries.js';
import type { BrokerRight, NewTopic } from './broker-administration.js';

const { AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** What the broker should have. */
export interface WantedAccess {
  readonly topics: readonly NewTopic[];
  readonly rights: readonly BrokerRight[];
}

/** Which applications of an institution read its topics. */
const READERS = [
  { of: DELIVERIES, rights: ['subscribe'] },
  { of: EBOX_EVENTS, rights: ['publish'] },
] as const;

/** What a policy decides on. */
export type AccessPolicy = Pick<Policy, 'subscribers' | 'documentProviderNumbers' | 'keysOf'>;

/**
 * A topic for each institution that gets deliveries or is a document provider, and the right to read it for each of its registered keys whose
 * application may: that subscribes, or that publishes;
 * for each service what the topology grants it.
 */
export const wantedAccess = (policy: AccessPolicy): WantedAccess => {
  const owned = new Map<string, InstitutionTopics[]>();
  const own = (topics: InstitutionTopics) => (institution: string) => {
    owned.set(institution, [...(owned.get(institution) ?? []), topics]);
  };
  policy.subscribers().forEach(own(DELIVERIES));
  policy.documentProviderNumbers().forEach(own(EBOX_EVENTS));
  return {
    topics: [...owned].flatMap(([institution, all]) =>
      all.map((topics) => ({
        name: topicOfInstitution(topics, institution),
        partitions: topics.partitions,
        retentionDays: topics.retentionDays,
      })),
    ),
    rights: [
      ...SERVICES.flatMap((service) => aclEntriesOf(kafkaPrincipalOf(service), kafkaGrantsOf(service))),
      ...[...owned].flatMap(([enterpriseNumber, topics]) => rightsOfInstitution(policy, enterpriseNumber, topics)),
    ],
  };
};

/** Of each key, together: several topics are read in the same groups. */
const rightsOfInstitution = (
  policy: AccessPolicy,
  enterpriseNumber: string,
  topics: readonly InstitutionTopics[],
): BrokerRight[] => {
  const byPrincipal = new Map<string, InstitutionTopics[]>();
  for (const { of, rights } of READERS.filter((reader) => topics.includes(reader.of)))
    for (const key of policy.keysOf(enterpriseNumber, rights)) {
      const principal = kafkaPrincipalOfKey({ enterpriseNumber, ...key });
      byPrincipal.set(principal, [...(byPrincipal.get(principal) ?? []), of]);
    }
  return [...byPrincipal].flatMap(([principal, read]) =>
    aclEntriesOf(principal, kafkaGrantsOfInstitution(enterpriseNumber, read)),
  );
};

const SERVICE_PRINCIPALS: ReadonlySet<string> = new Set(SERVICES.map(kafkaPrincipalOf));
const OF_INSTITUTION = /^User:CN=[^,]+,(OU=[^,]+,)?O=[0-9]{10}$/;

/**
 * Whether a right is the mesh's to remove: of a service or an institution, whatever it is for, or of anybody for a topic of the mesh. Other
 * users of the same Kafka keep what they have on other topics.
 */
export const isOfMesh = ({ principal, resourceType, resourceName, resourcePatternType }: BrokerRight): boolean =>
  SERVICE_PRINCIPALS.has(principal) ||
  OF_INSTITUTION.test(principal) ||
  (resourceType === AclResourceTypes.TOPIC &&
    (resourceName === '*' ||
      resourceName.startsWith(TOPIC_PREFIX) ||
      (resourcePatternType === ResourcePatternTypes.PREFIXED && TOPIC_PREFIX.startsWith(resourceName))));
