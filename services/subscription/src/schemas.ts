import { readDatabaseAndKeysConfig } from '@crossroads/configuration';
import { type Schema, schemaOf } from '@crossroads/database';
import { eventStoreMigrations } from '@crossroads/eventsourcing';
import { consumedMigrations, parkingMigrations } from '@crossroads/messaging';
import { subjectKeySchemaOf } from '@crossroads/privacy';
import { subscriptions } from './migrations/0001-subscriptions.js';
import { deliveryTraces } from './migrations/0002-delivery-traces.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (config = readDatabaseAndKeysConfig()): Schema[] => [
  schemaOf(config, [
    ...eventStoreMigrations,
    ...consumedMigrations,
    ...parkingMigrations,
    subscriptions,
    deliveryTraces,
  ]),
  subjectKeySchemaOf(config),
];
