import { withTimeout } from '@crossroads/configuration';
import kafkajs, { type Admin } from 'kafkajs';
import { redacting } from '../broker/broker-log.js';
import { topicConfigOf } from '../kafka/topic-config.js';
import { type KafkaOptions, kafkaClient } from '../kafka/kafka-client.js';
import type { BrokerAdministration, BrokerRight, NewTopic } from './broker-administration.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const ADMIN_MS = 10_000;
const ALL = {
  resourceType: AclResourceTypes.ANY,
  resourcePatternType: ResourcePatternTypes.ANY,
  operation: AclOperationTypes.ANY,
  permissionType: AclPermissionTypes.ANY,
};

/** Kafka, with a certificate that has ALTER and DESCRIBE on the cluster, and CREATE and DESCRIBE on the topics. @throws when it does not answer */
export const openKafkaAdministration = async (options: KafkaOptions): Promise<BrokerAdministration> => {
  const admin = kafkaClient(options, redacting(options.log)).admin({
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
  });
  try {
    await withTimeout(ADMIN_MS, admin.connect());
  } catch (error) {
    await admin.disconnect().catch(() => undefined);
    throw error;
  }
  return new KafkaAdministration(admin);
};

class KafkaAdministration implements BrokerAdministration {
  constructor(private readonly admin: Admin) {}

  async topics(): Promise<ReadonlyMap<string, number>> {
    const { topics } = await withTimeout(ADMIN_MS, this.admin.fetchTopicMetadata());
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return;
    const created = this.admin.createTopics({
      waitForLeaders: true,
      topics: topics.map(({ name, partitions, retentionDays }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: -1,
        configEntries: topicConfigOf(retentionDays),
      })),
    });
    await withTimeout(ADMIN_MS, created);
  }

  async rights(): Promise<readonly BrokerRight[]> {
    const { resources } = await withTimeout(ADMIN_MS, this.admin.describeAcls(ALL));
    return resources.flatMap(({ acls, resourceType, resourceName, resourcePatternType }) =>
      acls.map((acl) => ({ ...acl, resourceType, resourceName, resourcePatternType })),
    );
  }

  async grant(rights: readonly BrokerRight[]): Promise<void> {
    if (rights.length > 0) await withTimeout(ADMIN_MS, this.admin.createAcls({ acl: [...rights] }));
  }

  async revoke(rights: readonly BrokerRight[]): Promise<void> {
    if (rights.length > 0) await withTimeout(ADMIN_MS, this.admin.deleteAcls({ filters: [...rights] }));
  }

  async close(): Promise<void> {
    await this.admin.disconnect().catch(() => undefined);
  }
}
