import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sized for 25.5 million persons: inside the service a person is a 4-byte number, which events and rows name. */
export class Numbers1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table persons (
        person    int  primary key generated always as identity,
        person_id uuid not null unique
      );
      comment on table persons is 'The number of each person. It never changes: events name persons by it.';

      create table numbers (
        number      uuid   primary key,
        serial      bigint not null,
        position    bigint not null,
        person      int    not null,
        state       "char" not null check (state in ('V', 'R', 'C')),
        partition   smallint not null,
        replaced_by uuid
      );
      comment on column numbers.number is 'the first half of the SHA-256 of the blind index, key id included';
      comment on column numbers.serial is 'of the last change in the log of the registry; older changes are ignored';
      comment on column numbers.position is 'of the last change in its partition of that log: by it a resync finds what the log has lost';
      comment on column numbers.person is 'who the number was assigned to, also while this person is merged: see merges';

      create table merges (
        person   int    primary key,
        serial   bigint not null,
        position bigint not null,
        since    timestamptz not null,
        survivor int,
        partition smallint not null,
        contested boolean not null
      );
      create index merges_survivor on merges (survivor) where survivor is not null;
      comment on table merges is 'Persons that were merged into another one; survivor is null once the merge was undone.'`);
    await runner.query(
      grantsToService({
        persons: 'select, insert',
        numbers: 'select, insert, update (serial, position, person, state, partition, replaced_by), delete',
        merges: 'select, insert, update (serial, position, since, survivor, partition, contested), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table merges, numbers, persons');
  }
}
