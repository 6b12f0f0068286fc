import { addressedBy, calledBy, callsSources, isForInstitutions, isServer } from './calls.js';
import { CONNECTIONS } from './connections.js';
import { keysOf } from './keys.js';
import {
  authorization,
  ebox,
  exchange,
  portOffsetOf,
  referenceDirectory,
  SERVICES,
  type ServiceName,
  serviceNamed,
} from './services/index.js';
import { accessTopicOf, producedBy, readBy } from './topic-access.js';
import { INSTITUTION_TOPICS, PARTITIONS, TOPIC_NAMES, TOPICS } from './topics.js';

/** The name of its database; a database of subject keys has the suffix `_keys`. */
export const databaseOf = (service: string): string => service.replaceAll('-', '_');

/** Whether it records accesses, in a journal that is cut by months: `main.js retention`. */
const keepsJournal = (service: ServiceName): boolean => accessTopicOf(service) !== undefined;

/**
 * The Cluster in which its database lies, where there are several. Files of inscriptions keep the directory busy, which must not slow the
 * records of other accesses.
 */
export const databaseClusterOf = (service: ServiceName): 'main' | 'journal' =>
  keepsJournal(service) && service !== referenceDirectory.name ? 'journal' : 'main';

const valuesOf = (service: ServiceName) => {
  const { subjectKeys, storesDocuments, receipts, institutionTopics, administersBroker, database, servesPages } =
    serviceNamed(service);
  const calls = addressedBy(service);
  return {
    portOffset: portOffsetOf(service),
    serves: isServer(service),
    servesPages,
    database: database ? databaseOf(service) : '',
    keysDatabase: subjectKeys ? `${databaseOf(service)}_keys` : '',
    databaseCluster: databaseClusterOf(service),
    journal: keepsJournal(service),
    keys: keysOf(service),
    receipts: receipts === 'none' ? '' : receipts,
    storesDocuments,
    produces: producedBy(service),
    consumes: readBy(service),
    calls,
    ...(callsSources(service)
      ? { sources: { services: calledBy(service).filter((server) => !calls.includes(server)) } }
      : {}),
    institutions: isForInstitutions(service),
    institutionTopicsPrefix: institutionTopics?.prefix ?? '',
    administersBroker,
  };
};

/** What charts/mesh and the Tiltfile know of the mesh: `npm run topology` writes it to charts/mesh/files/topology.yaml. */
export const chartTopology = () => ({
  services: Object.fromEntries(SERVICES.map((name) => [name, valuesOf(name)])),
  /** Of each topic. */
  partitions: PARTITIONS,
  /** What a pod of a service, its migrations and its other Jobs open. */
  connections: CONNECTIONS,
  topics: Object.fromEntries(TOPIC_NAMES.map((name) => [name, { retentionDays: TOPICS[name].retentionDays }])),
  /** What the names of institutions' topics begin with. */
  institutionTopics: INSTITUTION_TOPICS.map(({ prefix }) => prefix),
  /** The service that takes the first administrator, the one that `helm test` asks, and the one that sends mail of the mesh itself. */
  policyService: authorization.name,
  consultedService: exchange.name,
  mailService: ebox.name,
});
