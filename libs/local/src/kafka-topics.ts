import {
  PARTITIONS,
  kafkaGrantsOf,
  kafkaPrincipalOf,
  SERVICES,
  type ServiceName,
  TOPIC_NAMES,
  TOPICS,
} from '@crossroads/topology';
import { aclEntriesOf, type BrokerRight, keyOfAcl } from '@crossroads/messaging';
import kafkajs, { type AclFilter, type Admin } from 'kafkajs';
import type { IdentityFiles } from './certificates.js';
import { kafkaAdmin } from './kafka-client.js';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes the topics of the mesh, and sets the ACLs of each service to those of the topology. ACLs that a service should no longer have are
 * deleted. The broker-keeper sees to the topics of institutions and to who reads them.
 */
export const prepareTopics = async (brokers: readonly string[], admin: IdentityFiles): Promise<void> => {
  const client = kafkaAdmin(brokers, admin, 5);
  await client.connect();
  try {
    const there = new Set(await client.listTopics());
    const missing = TOPIC_NAMES.filter((topic) => !there.has(topic));
    if (missing.length > 0)
      await client.createTopics({
        waitForLeaders: true,
        topics: missing.map((topic) => ({
          topic,
          numPartitions: PARTITIONS,
          configEntries: [
            { name: 'retention.ms', value: String(TOPICS[topic].retentionDays * DAY_MS) },
            { name: 'max.message.bytes', value: String(8 * 1024 * 1024) },
          ],
        })),
      });
    const wanted = SERVICES.flatMap(aclsOf);
    await removeOthers(client, wanted);
    await client.createAcls({ acl: wanted });
  } finally {
    await client.disconnect();
  }
};

const aclsOf = (service: ServiceName): BrokerRight[] => aclEntriesOf(kafkaPrincipalOf(service), kafkaGrantsOf(service));

const removeOthers = async (client: Admin, wanted: readonly BrokerRight[]): Promise<void> => {
  const { resources } = await client.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  const services = new Set(SERVICES.map(kafkaPrincipalOf));
  const keep = new Set(wanted.map(keyOfAcl));
  const filters: AclFilter[] = resources
    .flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })))
    .filter((acl) => services.has(acl.principal) && !keep.has(keyOfAcl(acl)));
  if (filters.length > 0) await client.deleteAcls({ filters });
};
