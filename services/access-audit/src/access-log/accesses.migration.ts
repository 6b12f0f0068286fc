import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An index of the log by person and time. Rows hold no content: that is sealed in the log. */
export class Accesses1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table accesses (
        journal_id uuid primary key,
        person_id  uuid        not null,
        at         timestamptz not null,
        self_consultation   boolean     not null
      )`);
    await runner.query(
      grantsToService({
        accesses: 'select, insert',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table accesses');
  }
}

/** Built concurrently, which PostgreSQL allows only outside a transaction. */
export class AccessesOfPerson1764230400001 implements MigrationInterface {
  static readonly kind = 'online';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create index concurrently accesses_of_person on accesses (person_id, at desc, journal_id desc)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists accesses_of_person');
  }
}
