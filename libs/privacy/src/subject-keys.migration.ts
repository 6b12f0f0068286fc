import type { MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The only table of a `<db>_keys` database. A row is a key or a tombstone. */
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
      comment on table subject_keys is 'A destroyed key leaves its row, the tombstone. No row at all is a fault, never an erasure.'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table subject_keys');
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
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tombstones');
  }
}

export const tombstoneMigrations: readonly MigrationClass[] = [Tombstones1764201600005];
