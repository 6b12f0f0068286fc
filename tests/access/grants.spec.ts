import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MigrationClass } from '@crossroads/database';
import { embeddedLogMigrations } from '@crossroads/messaging';
import { subjectKeyMigrations, tombstoneMigrations } from '@crossroads/privacy';
import type { ServiceDefinition } from '@crossroads/service';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { SERVICES_WITH_DATABASE } from '@crossroads/topology';
import { afterAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ROOT } from '../whole-mesh.js';
import { grantsIn } from './granted.js';
import { BUS_GRANTS, KEYS_GRANTS, SERVICE_GRANTS } from './reviewed-grants.js';

const migrationsOf = async (service: string): Promise<readonly MigrationClass[]> => {
  const module: unknown = await import(
    pathToFileURL(join(ROOT, 'services', service, 'dist', 'src', 'service.js')).href
  );
  return (Reflect.get(Object(module), 'service') as ServiceDefinition).database.migrations;
};

const query = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

describe('the role that a service runs as', () => {
  const databases = new Map<string, Promise<TestDatabase>>();
  /** One for all tests of that name. */
  const migrated = (name: string, migrations: readonly MigrationClass[]): Promise<TestDatabase> => {
    const made = databases.get(name) ?? testDatabase(...migrations);
    databases.set(name, made);
    return made;
  };
  const ofService = async (service: string) => migrated(service, await migrationsOf(service));
  afterAll(async () => {
    for (const database of databases.values()) await (await database).drop();
    await (await testPostgres()).stop();
  });

  it.each(SERVICES_WITH_DATABASE)(
    'has in the database of %s the rights of the reviewed table, and no others',
    async (service) => {
      const { adminUrl, appRole } = await ofService(service);
      expect(await grantsIn(adminUrl, appRole)).toEqual(SERVICE_GRANTS[service]);
    },
  );

  it('has in a database of keys the rights of the reviewed table, and no others', async () => {
    const { adminUrl, appRole } = await migrated('keys', subjectKeyMigrations);
    expect(await grantsIn(adminUrl, appRole)).toEqual(KEYS_GRANTS);
  });

  it('has in the embedded log the rights of the reviewed table, and no others', async () => {
    const { adminUrl, appRole } = await migrated('bus', embeddedLogMigrations);
    expect(await grantsIn(adminUrl, appRole)).toEqual(BUS_GRANTS);
  });

  it('the comparison sees a new table without grants, and each kind of grant too many', async () => {
    const { adminUrl, migratorUrl, appRole } = await migrated('changed keys', subjectKeyMigrations);
    await query(
      migratorUrl,
      `create table fresh (id serial, note text);
       create function open_to_all() returns int language sql as 'select 1';
       grant execute on function open_to_all() to public;
       grant usage on sequence fresh_id_seq to ${appRole};
       grant truncate, update (reason) on subject_keys to ${appRole};
       grant select on subject_keys to public, pg_monitor`,
    );
    expect(await grantsIn(adminUrl, appRole)).toEqual({
      ...KEYS_GRANTS,
      'public.fresh': '',
      'public.fresh_id_seq': 'usage',
      'public.open_to_all()': 'public execute',
      'public.subject_keys': 'another role select, public select, select, insert, update (reason), truncate',
    });
  });

  it('the comparison sees a right too few, of a table and of a column', async () => {
    const { adminUrl, migratorUrl, appRole } = await migrated('short tombstones', tombstoneMigrations);
    const before = await grantsIn(adminUrl, appRole);
    await query(
      migratorUrl,
      `revoke insert on tombstones from ${appRole};
       revoke update (acknowledged_at) on tombstones from ${appRole}`,
    );
    expect(before['public.tombstones']).toBe('select, insert, update (acknowledged_at)');
    expect(await grantsIn(adminUrl, appRole)).toEqual({ ...before, 'public.tombstones': 'select' });
  });

  it.each(SERVICES_WITH_DATABASE)(
    'has in the database of %s no other rights on tables by information_schema',
    async (service) => {
      const { adminUrl, appRole } = await ofService(service);
      const stated = await query(
        adminUrl,
        `select distinct format('%I.%I %s', table_schema, table_name, lower(privilege_type)) as "right"
         from information_schema.role_table_grants where grantee = '${appRole}'`,
      );
      const reviewed = Object.entries(SERVICE_GRANTS[service] ?? {})
        .filter(([name]) => !name.endsWith('()') && !name.startsWith('schema '))
        .flatMap(([name, rights]) => rights.split(/, (?![^(]*\))/).map((right) => `${name} ${right}`))
        // Rights on some columns are no rights on the table.
        .filter((right) => !right.includes('(') && !right.endsWith(' '));
      expect(new Set(stated.map((row): unknown => Reflect.get(Object(row), 'right')))).toEqual(new Set(reviewed));
    },
  );

  describe('by its own connection', () => {
    it.each([
      ['take a line out of the list of a person', 'access-audit', 'delete from accesses'],
      ['give a line of the list to somebody else', 'access-audit', 'update accesses set person_id = gen_random_uuid()'],
      ['empty the list', 'access-audit', 'truncate accesses'],
      ['change an event', 'access-audit', "update es.events set data = '{}'"],
      ['remove an event', 'access-audit', 'delete from es.events'],
      [
        'date an event back',
        'access-audit',
        `insert into es.events (recorded_at, month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
         values ('2020-01-01', 0, 0, 's', 't', 1, gen_random_uuid(), 'T', 1, '{}', '{}')`,
      ],
      ['remove the answer to a request', 'access-audit', 'delete from es.requests'],
      ['move the place of a reader', 'access-audit', 'update es.steps set position = position + 1'],
      ['adopt the log of another cluster', 'access-audit', 'select es.adopt()'],
      ['forget that a migration has run', 'access-audit', 'delete from migrations'],
      ['take back an erasure', 'access-audit', 'delete from tombstones'],
      ['change a head of the policy', 'authorization', "update policy_heads set hash = ''"],
      ['forget a fork of the policy', 'authorization', 'delete from policy_forks'],
      ['change who a number was given to', 'reference-directory', 'update persons set person_id = gen_random_uuid()'],
      ['change what was delivered', 'subscription', "update deliveries set body = ''"],
    ])('may not %s', async (_, service, sql) => {
      const { url } = await ofService(service);
      await expect(query(url, sql)).rejects.toThrow(/permission denied/);
    });

    it.each([
      ['remove the key of a person', 'delete from subject_keys'],
      ['put another key in its place', "update subject_keys set wrapped_key = ''"],
      ['take back its destruction', 'update subject_keys set destroyed_at = null'],
    ])('may not %s', async (_, sql) => {
      const { url } = await migrated('keys', subjectKeyMigrations);
      await expect(query(url, sql)).rejects.toThrow(/permission denied/);
    });
  });
});
