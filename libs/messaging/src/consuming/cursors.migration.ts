import type { MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far this service has handled the events of each source on each topic. */
class ConsumedCursors1764201600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table consumed (
        source         text        not null,
        topic          text        not null,
        transaction_id xid8        not null,
        position       bigint      not null,
        consumed_at    timestamptz not null default now(),
        primary key (source, topic)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table consumed');
  }
}

export const consumedMigrations: readonly MigrationClass[] = [ConsumedCursors1764201600001];
