import { type DatabaseConfig, databaseSettings, readConfiguration } from '@crossroads/configuration';
import { eventStoreMigrations, type Schema } from '@crossroads/eventsourcing';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config: DatabaseConfig = readConfiguration({ ...databaseSettings })): Schema[] => [
  {
    url: config.databaseUrl,
    migratorUrl: config.databaseMigratorUrl,
    migrations: eventStoreMigrations,
  },
];
