import kafkajs, { type AclEntry } from 'kafkajs';
import type { IdentityFiles } from './certificates.js';
import { kafkaAdmin } from './kafka-client.js';
import { SERVICES } from './ports.js';
import { PLANS } from './services.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const SEVEN_DAYS = 7 * 24 * 60 * 60 * 1000;

/**
 * Makes the mesh's own topics, and lets each service write what it produces and read what it consumes (DESIGN part 4),
 * nothing else. Topics of subscribers, and who may read them, are subscription's.
 */
export const prepareTopics = async (brokers: readonly string[], admin: IdentityFiles): Promise<void> => {
  const client = kafkaAdmin(brokers, admin, 5);
  await client.connect();
  try {
    const there = new Set(await client.listTopics());
    const missing = [...new Set(SERVICES.flatMap((name) => PLANS[name].produces))].filter((topic) => !there.has(topic));
    if (missing.length > 0)
      await client.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: 1,
          configEntries: [
            { name: 'retention.ms', value: String(SEVEN_DAYS) },
            { name: 'max.message.bytes', value: String(8 * 1024 * 1024) },
          ],
        })),
      });
    await client.createAcls({ acl: SERVICES.flatMap(aclsOf) });
  } finally {
    await client.disconnect();
  }
};

const aclsOf = (service: (typeof SERVICES)[number]): AclEntry[] => {
  const { produces, consumes } = PLANS[service];
  const { ALTER_CONFIGS, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE } = AclOperationTypes;
  const topic = (name: string, ...operations: AclEntry['operation'][]) =>
    operations.map((operation) =>
      allow(service, operation, AclResourceTypes.TOPIC, name, ResourcePatternTypes.LITERAL),
    );
  const group = (prefix: string) =>
    [READ, DELETE, DESCRIBE].map((operation) =>
      allow(service, operation, AclResourceTypes.GROUP, prefix, ResourcePatternTypes.PREFIXED),
    );
  return [
    ...produces.flatMap((name) => topic(name, WRITE, CREATE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)),
    ...consumes.flatMap((name) => topic(name, READ, DESCRIBE)),
    ...group(service),
    // Groups of one process each, for what every process must have in full.
    ...group('follower.'),
    allow(
      service,
      AclOperationTypes.IDEMPOTENT_WRITE,
      AclResourceTypes.CLUSTER,
      'kafka-cluster',
      ResourcePatternTypes.LITERAL,
    ),
    allow(service, DESCRIBE, AclResourceTypes.CLUSTER, 'kafka-cluster', ResourcePatternTypes.LITERAL),
  ];
};

const allow = (
  service: string,
  operation: AclEntry['operation'],
  resourceType: AclEntry['resourceType'],
  resourceName: string,
  resourcePatternType: AclEntry['resourcePatternType'],
): AclEntry => ({
  principal: `User:CN=${service}`,
  host: '*',
  operation,
  permissionType: AclPermissionTypes.ALLOW,
  resourceType,
  resourceName,
  resourcePatternType,
});
