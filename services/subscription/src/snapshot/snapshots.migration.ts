import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Snapshots of subscriptions: whom they are about, who has come, and what each person's mutations are compared with. */
export class Snapshots1764230500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table snapshots (
        -- That of the subscription when it was asked for at opening, else that of the replay with the resync.
        snapshot_id     uuid primary key,
        subscription_id uuid not null references subscriptions,
        requested_at    timestamptz not null,
        -- Of the directory's list; all persons are known once listed.
        page_token      text not null default '',
        listed          boolean not null,
        -- Nothing is left to do: its ends are numbered in all lanes, unless it was abandoned.
        ended           boolean not null default false,
        -- Another one took its place before it ended, or the subscription was closed.
        abandoned       boolean not null default false,
        -- When it is gone on with.
        due_at          timestamptz not null default clock_timestamp()
      );
      create index snapshots_of_subscription on snapshots (subscription_id, requested_at);
      create index running_snapshots on snapshots (due_at) where not ended;

      create table snapshot_lanes (
        snapshot_id uuid not null references snapshots,
        lane        smallint not null,
        delivered   bigint not null default 0,
        withheld    bigint not null default 0,
        primary key (snapshot_id, lane)
      );

      -- A row stays after its person has come for as long as deliveries are kept, as a mutation can come late for as long.
      create table snapshot_persons (
        snapshot_id uuid not null,
        person_id   uuid not null,
        lane        smallint not null,
        -- Null until the person has come.
        revision    bigint,
        -- The highest revision of a mutation that was not delivered because the person had not come.
        held        bigint not null default 0,
        -- The record of the access for which the source is asked, sealed: durable before the source sees its receipt.
        intent      text,
        -- The source did not answer when it was last asked.
        waiting     boolean not null default false,
        due_at      timestamptz not null default clock_timestamp(),
        taken_at    timestamptz,
        primary key (snapshot_id, person_id)
      );
      create index outstanding_snapshot_persons on snapshot_persons (snapshot_id, due_at) where revision is null;
      create index taken_snapshot_persons on snapshot_persons (taken_at) where revision is not null;

      -- Mutations are compared with this snapshot; null when there is none any more.
      alter table subscription_lanes add column snapshot_id uuid`);
    await runner.query(
      grantsToService({
        subscription_lanes: 'update (snapshot_id)',
        snapshots: 'select, insert, update (page_token, listed, ended, abandoned, due_at)',
        snapshot_lanes: 'select, insert, update (delivered, withheld)',
        snapshot_persons: 'select, insert, update (revision, held, intent, waiting, due_at, taken_at), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table subscription_lanes drop column snapshot_id;
      drop table snapshot_persons, snapshot_lanes, snapshots`);
  }
}
