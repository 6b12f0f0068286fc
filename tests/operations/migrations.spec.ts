import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MigrationClass } from '@crossroads/database';
import { SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { subjectKeyMigrations } from '@crossroads/privacy';
import type { ServiceDefinition } from '@crossroads/service';
import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { ROOT } from '../whole-mesh.js';
import { breakageOf } from './destructive-sql.js';

const migrationsOf = async (service: string): Promise<readonly MigrationClass[]> => {
  const module: unknown = await import(
    pathToFileURL(join(ROOT, 'services', service, 'dist', 'src', 'service.js')).href
  );
  return (Reflect.get(Object(module), 'service') as ServiceDefinition).database.migrations;
};

/** The statements of a migration, without the `drop index` that removes the rest of a failed `create index concurrently`. */
const sqlOf = async (migration: MigrationClass): Promise<string> => {
  const statements: string[] = [];
  await new migration().up({ query: async (sql: string) => statements.push(sql) } as unknown as QueryRunner);
  return statements.filter((sql) => !/^drop index concurrently if exists/.test(sql)).join(';\n');
};

describe('a migration while the previous version runs', () => {
  it.each([
    ['alter table a drop column b', 'takes away'],
    ['drop table a', 'takes away'],
    ['drop index i', 'takes away'],
    ['alter table a rename to b', 'renames'],
    ['alter table a rename column b to c', 'renames'],
    ['ALTER TABLE a ALTER COLUMN b TYPE bigint', 'changes a type'],
    ['alter table a alter b set data type bigint', 'changes a type'],
    ['alter table a alter column b set not null', 'asks for a value'],
    ['alter table a add column b int not null', 'asks for a value'],
    ['alter table a add constraint c check (b > 0)', 'refuses values'],
    ['create unique index i on a (b)', 'refuses values'],
    ['create table other (b int); create unique index i on a (b)', 'refuses values'],
    ['truncate a', 'removes rows'],
    ['delete from a where true', 'removes rows'],
    ['revoke select on a from b', 'withdraws rights'],
  ])('a migration may not break the version before: %s', (sql, what) => {
    expect(breakageOf(sql)).toContain(what);
  });

  it.each([
    'create table a (b int primary key, c text not null)',
    'create table a (b int); create unique index i on a (b); alter table a add constraint c check (b > 0)',
    'alter table a add column b int',
    "alter table a add column b int not null default 0, add column c text default 'drop table a'",
    'alter table a add column b int default 0 not null',
    'alter table a alter column b drop not null',
    'create index i on a (b)',
    'create or replace function f() returns void language plpgsql as $$ begin delete from a; end $$',
    '-- drop table a\ncreate view v as select 1',
  ])('a migration may expand: %s', (sql) => {
    expect(breakageOf(sql)).toEqual([]);
  });

  it.each(SERVICES_WITH_DATABASE)(
    'migrations of %s only add to the schema, or say since when what they remove is unused',
    async (service) => {
      const migrations = await migrationsOf(service);
      expect(migrations.length).toBeGreaterThan(0);
      for (const migration of [...migrations, ...subjectKeyMigrations]) {
        const { name, contracts } = migration;
        if (contracts === undefined)
          expect({ name, breaks: breakageOf(await sqlOf(migration)) }).toEqual({ name, breaks: [] });
        else expect(contracts).toMatch(/\d/);
      }
    },
  );

  it.each(SERVICES_WITH_DATABASE)(
    'each migration of %s has a unique name that ends in a timestamp',
    async (service) => {
      const names = (await migrationsOf(service)).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z]*\d{13}$/);
    },
  );
});
