import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class EmbeddedLog1764201600003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema bus;
      create table bus.topics (
        name           text     primary key,
        retention_days int      not null,
        partitions     smallint not null check (partitions > 0)
      );
      -- A row a partition, so that publishers to different partitions do not wait for each other.
      create table bus.partitions (
        topic         text     not null references bus.topics (name),
        partition     smallint not null,
        last_position bigint   not null default 0,
        primary key (topic, partition)
      ) with (fillfactor = 50);
      create table bus.messages (
        topic        text        not null,
        partition    smallint    not null,
        position     bigint      not null,
        key          text        not null,
        headers      jsonb       not null,
        data         bytea       not null,
        published_at timestamptz not null default clock_timestamp(),
        primary key (topic, partition, position),
        foreign key (topic, partition) references bus.partitions (topic, partition)
      );
      create index messages_age on bus.messages (topic, published_at);
      -- The running consumers of a group. Whose row has expired has lost its partitions to whoever takes them.
      create table bus.members (
        consumer_group text        not null,
        topic          text        not null,
        holder         uuid        not null,
        expires_at     timestamptz not null,
        primary key (consumer_group, topic, holder)
      ) with (fillfactor = 50);
      create table bus.offsets (
        consumer_group text     not null,
        topic          text     not null,
        partition      smallint not null,
        position       bigint   not null default 0,
        holder         uuid,
        primary key (consumer_group, topic, partition)
      ) with (fillfactor = 50)`);
    await runner.query(
      grantsToService({
        'schema bus': 'usage',
        'bus.topics': 'select, insert',
        'bus.partitions': 'select, insert, update (last_position)',
        'bus.messages': 'select, insert, delete',
        'bus.members': 'select, insert, update (expires_at), delete',
        'bus.offsets': 'select, insert, update (position, holder)',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema bus cascade');
  }
}

export const embeddedLogMigrations: readonly MigrationClass[] = [EmbeddedLog1764201600003];
