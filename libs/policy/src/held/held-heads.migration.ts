import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The heads of the policy that processes of the service have held. Rows are only added, so that none can be taken back. */
class HeldPolicyHeads1764201600008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table held_policy_heads (
        generation int         not null check (generation >= 0),
        revision   bigint      not null check (revision > 0),
        hash       bytea       not null,
        held_at    timestamptz not null default clock_timestamp(),
        primary key (generation, revision)
      );
      comment on column held_policy_heads.generation is 'grows when administrators have accepted that the head held before is lost'`);
    await runner.query(grantsToService({ held_policy_heads: 'select, insert (generation, revision, hash)' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table held_policy_heads');
  }
}

export const heldHeadsMigrations: readonly MigrationClass[] = [HeldPolicyHeads1764201600008];
