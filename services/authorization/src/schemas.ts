import { readDatabaseConfig } from '@crossroads/configuration';
import { eventStoreMigrations, type Schema, schemaOf } from '@crossroads/eventsourcing';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseConfig()): Schema[] => [schemaOf(config, eventStoreMigrations)];
