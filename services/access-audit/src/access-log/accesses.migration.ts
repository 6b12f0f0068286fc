import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose list an access stands in, and where in it. What was asked stays in the log, sealed: rows only point there. */
export class Accesses1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table accesses (
        journal_id uuid primary key,
        person_id  uuid        not null,
        at         timestamptz not null,
        own_look   boolean     not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table accesses');
  }
}

/** Built while records go on coming in, which PostgreSQL does outside a transaction only. */
export class AccessesOfPerson1764230400001 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // What was left half built.
    await runner.query('drop index concurrently if exists accesses_of_person');
    await runner.query(
      'create index concurrently accesses_of_person on accesses (person_id, at desc, journal_id desc)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index concurrently if exists accesses_of_person');
  }
}
