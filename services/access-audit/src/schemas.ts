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
import { accesses } from './migrations/0001-accesses.js';

/** What its databases hold. By default their settings are all that is read. */
export const databaseSchemas = (
  config: DatabaseConfig & KeysDatabaseConfig = readConfiguration({ ...databaseSettings, ...subjectKeySettings }),
): Schema[] => [
  {
    url: config.databaseUrl,
    migratorUrl: config.databaseMigratorUrl,
    migrations: [...eventStoreMigrations, ...consumedMigrations, ...parkingMigrations, accesses],
  },
  { url: config.keysDatabaseUrl, migratorUrl: config.keysDatabaseMigratorUrl, migrations: subjectKeyMigrations },
];
