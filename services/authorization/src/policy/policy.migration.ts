import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What belongs to the policy besides its events. */
export class Policy1764230500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A snapshot of the policy: the entries of its state, and the revision up to which they have all events. One row.
      create table policy_snapshot (
        only_row       boolean primary key default true check (only_row),
        schema_version integer not null,
        revision       bigint  not null
      );
      insert into policy_snapshot (schema_version, revision) values (0, 0);
      create table policy_entries (
        kind     text   not null,
        id       text   not null,
        since    bigint not null,
        revision bigint not null,
        value    jsonb  not null,
        primary key (kind, id)
      );
      create index policy_entries_in_order on policy_entries (since, kind, id);

      -- The running hash at each revision of the snapshot, so that each head that a follower may hold can be compared.
      create table policy_heads (
        revision bigint primary key,
        hash     bytea  not null
      );

      -- A commit shows that this database is the one that takes writes. Rows are added, since one that is updated all the time decays
      -- under an old snapshot; old ones are deleted.
      create table policy_beats (
        beat bigint primary key generated always as identity,
        at   timestamptz not null default clock_timestamp()
      );

      -- Heads that somebody held and that are not in the history. While one is not accepted, nobody gets the policy.
      create table policy_forks (
        revision    bigint not null,
        hash        bytea  not null,
        held_by     text   not null,
        noticed_at  timestamptz not null default clock_timestamp(),
        accepted_at timestamptz,
        -- The enterprise number of the administrator.
        accepted_by text,
        primary key (revision, hash)
      )`);
    await runner.query(
      grantsToService({
        policy_snapshot: 'select, update (schema_version, revision)',
        policy_entries: 'select, insert, update (revision, value), delete',
        'policy_heads, policy_beats': 'select, insert, delete',
        policy_forks: 'select, insert, update (accepted_at, accepted_by)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table policy_snapshot, policy_entries, policy_heads, policy_beats, policy_forks');
  }
}
