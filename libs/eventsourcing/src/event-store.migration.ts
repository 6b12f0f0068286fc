import { leasesMigrations, type MigrationClass } from '@crossroads/database';
import { eventLogMigrations } from './log/event-log.migration.js';
import { stepsMigrations } from './steps/steps.migration.js';

/** Everything in the schema `es`. */
export const eventStoreMigrations: readonly MigrationClass[] = [
  ...leasesMigrations,
  ...stepsMigrations,
  ...eventLogMigrations,
];
