import { readDatabaseAndKeysConfig } from '@crossroads/configuration';
import { type Schema, schemaOf } from '@crossroads/eventsourcing';
import { subjectKeySchemaOf } from '@crossroads/privacy';
import { migrations } from './migrations.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseAndKeysConfig()): Schema[] => [
  schemaOf(config, migrations),
  subjectKeySchemaOf(config),
];
