import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { QueryRunner } from 'typeorm';

/** A migration of this name, which must end in a timestamp. */
export const migrationOf = (name: string, ...statements: readonly string[]): MigrationClass => {
  const migration = class {
    async up(runner: QueryRunner): Promise<void> {
      for (const sql of statements) await runner.query(sql);
    }

    async down(): Promise<void> {
      throw new Error('not reverted in specs');
    }
  };
  Object.defineProperty(migration, 'name', { value: name });
  return migration;
};

export const THINGS = migrationOf(
  'Things1764000000000',
  'create table things (id bigint primary key generated always as identity, n int)',
  grantsToService({ things: 'select, insert, update, delete' }),
);
