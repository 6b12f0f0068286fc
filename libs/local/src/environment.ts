import type { Databases } from './databases.js';
import type { MeshBroker } from './mesh.js';

/** How a service finds its databases and the broker. */
export const serviceEnvironment = ({ main, keys }: Databases, broker: MeshBroker): NodeJS.ProcessEnv => ({
  DATABASE_URL: main.app,
  DATABASE_MIGRATOR_URL: main.migrator,
  ...(keys ? { KEYS_DATABASE_URL: keys.app, KEYS_DATABASE_MIGRATOR_URL: keys.migrator } : {}),
  ...(broker.kind === 'kafka' ? { KAFKA_BROKERS: broker.brokers.join(',') } : { EMBEDDED_LOG_URL: broker.url }),
});
