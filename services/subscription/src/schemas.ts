import {
  type DatabaseConfig,
  databaseSettings,
  type KeysDatabaseConfig,
  readConfiguration,
  subjectKeySettings,
} from '@crossroads/configuration';
import { eventStoreMigrations, type Schema } from '@crossroads/eventsourcing';
import { consumedMigrations, parkingMigrations } from '@crossroads/messaging';
import { subjectKeyMigrations } from '@crossroads/privacy';
import { subscriptions } from './migrations/0001-subscriptions.js';
import { deliveryTraces } from './migrations/0002-delivery-traces.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (
  config: DatabaseConfig & KeysDatabaseConfig = readConfiguration({ ...databaseSettings, ...subjectKeySettings }),
): Schema[] => [
  {
    url: config.databaseUrl,
    migratorUrl: config.databaseMigratorUrl,
    migrations: [...eventStoreMigrations, ...consumedMigrations, ...parkingMigrations, subscriptions, deliveryTraces],
  },
  { url: config.keysDatabaseUrl, migratorUrl: config.keysDatabaseMigratorUrl, migrations: subjectKeyMigrations },
];
