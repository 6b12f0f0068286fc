import { type DatabaseConfig, databaseSettings, readConfiguration } from '@crossroads/configuration';
import type { Schema } from '@crossroads/eventsourcing';
import { migrations } from './migrations/directory.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config: DatabaseConfig = readConfiguration({ ...databaseSettings })): Schema[] => [
  {
    url: config.databaseUrl,
    migratorUrl: config.databaseMigratorUrl,
    migrations: migrations,
  },
];
