import type { MigrationClass } from '@crossroads/database';
import { heldHeadsMigrations } from './held/held-heads.migration.js';
import { quotaMigrations } from './quota/person-quotas.migration.js';

/** Of each service that follows the policy. */
export const policyMigrations: readonly MigrationClass[] = [...heldHeadsMigrations, ...quotaMigrations];
