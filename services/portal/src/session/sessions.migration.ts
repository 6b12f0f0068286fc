import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is signed in, who is about to, and which logout tokens were used: nothing of it outlives a session. */
export class Sessions1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sessions (
        id           bytea primary key,
        subject_hash bytea       not null,
        sid_hash     bytea,
        sealed       bytea       not null,
        used_at      timestamptz not null,
        ends_at      timestamptz not null
      )`);
    await runner.query('create index sessions_of_subject on sessions (subject_hash)');
    await runner.query('create index sessions_of_sid on sessions (sid_hash)');
    await runner.query('create index sessions_by_end on sessions (ends_at)');
    await runner.query(`
      create table pending_sign_ins (
        id      bytea primary key,
        sealed  bytea       not null,
        ends_at timestamptz not null
      )`);
    await runner.query(`
      create table used_logout_tokens (
        id      bytea primary key,
        ends_at timestamptz not null
      )`);
    await runner.query(
      grantsToService({
        sessions: 'select, insert, update, delete',
        pending_sign_ins: 'select, insert, delete',
        used_logout_tokens: 'select, insert, delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sessions', 'pending_sign_ins', 'used_logout_tokens'])
      await runner.query(`drop table ${table}`);
  }
}
