import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How much of its quota of persons an institution has used on each day. */
class PersonQuotas1764201600007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table person_quotas (
        institution text not null,
        day         date not null,
        kind        text not null check (kind in ('consulted', 'inscribed', 'misses')),
        taken       int  not null,
        primary key (institution, day, kind)
      );
      comment on column person_quotas.day is 'in Brussels';
      comment on column person_quotas.taken is 'persons that processes have leased; those of a process that ended are not given back'`);
    await runner.query(grantsToService({ person_quotas: 'select, insert, update (taken)' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table person_quotas');
  }
}

export const quotaMigrations: readonly MigrationClass[] = [PersonQuotas1764201600007];
