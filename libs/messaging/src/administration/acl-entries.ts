import type { KafkaGrant } from '@crossroads/topology';
import kafkajs from 'kafkajs';
import type { BrokerRight } from './broker-administration.js';

// Node sees only some of the names that this CommonJS module exports.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** The ACLs that give grants to a principal (`User:CN=…`), from any host. */
export const aclEntriesOf = (principal: string, grants: readonly KafkaGrant[]): BrokerRight[] =>
  grants.flatMap(({ resource, name, pattern, operations }) =>
    operations.map((operation) => ({
      principal,
      host: '*',
      operation: AclOperationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes[resource],
      resourceName: name,
      resourcePatternType: ResourcePatternTypes[pattern],
    })),
  );

/** The same for ACLs that are equal. */
export const keyOfAcl = (acl: BrokerRight): string =>
  JSON.stringify([
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
    acl.resourceType,
    acl.resourceName,
    acl.resourcePatternType,
  ]);
