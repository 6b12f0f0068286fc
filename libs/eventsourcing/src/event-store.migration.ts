import type { MigrationClass } from '@crossroads/database';
import { eventLogMigrations } from './log/event-log.migration.js';
import { temporaryLeasesMigrations } from './log/leases.migration.js';
import { stepsMigrations } from './steps/steps.migration.js';

/** Everything in the schema `es`. */
export const eventStoreMigrations: readonly MigrationClass[] = [
  ...temporaryLeasesMigrations,
  ...stepsMigrations,
  ...eventLogMigrations,
];
