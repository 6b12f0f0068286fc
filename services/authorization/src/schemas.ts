import { readDatabaseConfig } from '@crossroads/configuration';
import { type Schema, schemaOf } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseConfig()): Schema[] => [schemaOf(config, eventStoreMigrations)];
