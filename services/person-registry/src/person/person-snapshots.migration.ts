import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PersonSnapshots1764230500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table person_snapshots (
        person_id uuid     primary key,
        revision  bigint   not null,
        version   smallint not null,
        sealed    text     not null
      );
      comment on table person_snapshots is 'What persons with many events are after a revision. It may be emptied: reads fill it again.';
      comment on column person_snapshots.version is 'of the form of the state; readers pass over others';
      comment on column person_snapshots.sealed is 'under the key of the person, bound to revision and version'`);
    await runner.query(
      grantsToService({
        person_snapshots: 'select, insert, update (revision, version, sealed)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table person_snapshots');
  }
}
