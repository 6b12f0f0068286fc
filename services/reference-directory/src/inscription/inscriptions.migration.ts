import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sized for 357 million inscriptions: one row a person, all inscriptions packed. */
export class Inscriptions1764230400001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The fill factor leaves room, so that a row that grows stays on its page and its index entry stays valid.
    await runner.query(`
      create table institution_contexts (
        context_id  int  primary key generated always as identity,
        institution text not null,
        context     text not null,
        unique (institution, context)
      );
      comment on table institution_contexts is 'Institutions and their inscription contexts, by the number that rows name them by.';

      create table inscriptions (
        person int   primary key,
        ssin   bytea,
        packed bytea not null
      ) with (fillfactor = 70);
      alter table inscriptions alter column packed set storage main, alter column ssin set storage plain;
      comment on column inscriptions.packed is 'see lookup/entry.codec.ts';
      comment on column inscriptions.ssin is 'sealed; see inscription/ssin-seal.ts'`);
    await runner.query(
      grantsToService({
        institution_contexts: 'select, insert',
        inscriptions: 'select, insert, update (packed, ssin)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table inscriptions, institution_contexts');
  }
}
