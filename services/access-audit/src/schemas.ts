import { readDatabaseAndKeysConfig } from '@crossroads/configuration';
import { eventStoreMigrations, type Schema, schemaOf } from '@crossroads/eventsourcing';
import { consumedMigrations, parkingMigrations } from '@crossroads/messaging';
import { subjectKeySchemaOf } from '@crossroads/privacy';
import { accesses } from './migrations/0001-accesses.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseAndKeysConfig()): Schema[] => [
  schemaOf(config, [...eventStoreMigrations, ...consumedMigrations, ...parkingMigrations, accesses]),
  subjectKeySchemaOf(config),
];
