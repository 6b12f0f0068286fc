import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The only table of a `<db>_keys` database. A row is a key or a tombstone. Rows change in one way only, which a function of the table's
 * owner does: the service itself can neither remove a key nor bring one back.
 */
class SubjectKeys1764201600004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table subject_keys (
        person_id    uuid primary key,
        wrapped_key  bytea,
        destroyed_at timestamptz,
        reason       text,
        check ((wrapped_key is null) = (destroyed_at is not null)),
        check ((reason is null) = (destroyed_at is null))
      );
      create index subject_keys_tombstones on subject_keys (person_id) where destroyed_at is not null;
      comment on table subject_keys is 'A destroyed key leaves its row, the tombstone. No row at all is a fault, never an erasure.';

      create function destroy_subject_keys(p_persons uuid[], p_instants timestamptz[], p_reasons text[]) returns setof uuid
      language sql security definer set search_path = '' as $$
        insert into public.subject_keys as k (person_id, destroyed_at, reason)
        select distinct on (person_id) * from unnest(p_persons, p_instants, p_reasons) t (person_id, destroyed_at, reason)
        on conflict (person_id) do update set wrapped_key = null, destroyed_at = excluded.destroyed_at, reason = excluded.reason
        where k.destroyed_at is null
        returning k.person_id $$;
      comment on function destroy_subject_keys is 'leaves tombstones, the first of each person; returns who had none'`);
    await runner.query(
      grantsToService({
        subject_keys: 'select, insert',
        'function destroy_subject_keys': 'execute',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function destroy_subject_keys; drop table subject_keys');
  }
}

export const subjectKeyMigrations: readonly MigrationClass[] = [SubjectKeys1764201600004];

/** In the service's own database: the second copy of the tombstones, and which of them the registry knows of. */
class Tombstones1764201600005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table tombstones (
        person_id       uuid primary key,
        erased_at       timestamptz not null,
        reason          text not null,
        acknowledged_at timestamptz
      );
      create index tombstones_to_acknowledge on tombstones (erased_at) where acknowledged_at is null;
      comment on table tombstones is 'Erased persons. The other copy is subject_keys in the keys database.'`);
    await runner.query(
      grantsToService({
        tombstones: 'select, insert, update (acknowledged_at)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tombstones');
  }
}

export const tombstoneMigrations: readonly MigrationClass[] = [Tombstones1764201600005];
