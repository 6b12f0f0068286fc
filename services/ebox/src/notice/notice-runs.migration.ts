import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rules whose cause concerns many: how far the mailboxes have been walked through for each cause. */
export class NoticeRuns1764230400005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notice_runs (
        rule        text not null,
        -- For example the id of a deliberation.
        cause       text not null,
        -- The last owner that was handled; null: none yet.
        after_owner uuid,
        done        boolean not null default false,
        primary key (rule, cause)
      )`);
    await runner.query(
      grantsToService({
        notice_runs: 'select, insert, update (after_owner, done)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notice_runs');
  }
}
