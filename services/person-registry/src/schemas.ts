import { readDatabaseAndKeysConfig } from '@crossroads/configuration';
import { type Schema, schemaOf } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import { subjectKeySchemaOf } from '@crossroads/privacy';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseAndKeysConfig()): Schema[] => [
  schemaOf(config, eventStoreMigrations),
  subjectKeySchemaOf(config),
];
