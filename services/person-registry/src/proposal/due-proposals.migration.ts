import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DueProposals1764230600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table due_proposals (
        proposal_id  uuid        primary key,
        effective_at timestamptz not null
      );
      create index due_proposals_at on due_proposals (effective_at);
      comment on table due_proposals is 'Merges that are confirmed and have not taken effect. It says when to look; the stream of a proposal decides.'`);
    await runner.query(grantsToService({ due_proposals: 'select, insert, delete' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table due_proposals');
  }
}
