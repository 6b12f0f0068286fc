import type { MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The only table of a `<db>_keys` database. */
class SubjectKeys1764201600004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table subject_keys (
        person_id    uuid primary key,
        wrapped_key  bytea,
        destroyed_at timestamptz,
        check ((wrapped_key is null) = (destroyed_at is not null))
      );
      comment on table subject_keys is 'A destroyed key leaves its row: without it the key could be created again'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table subject_keys');
  }
}

export const subjectKeyMigrations: readonly MigrationClass[] = [SubjectKeys1764201600004];
