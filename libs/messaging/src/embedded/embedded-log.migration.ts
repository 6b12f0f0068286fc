import type { MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class EmbeddedLog1764201600003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema bus;
      create table bus.topics (
        name           text   primary key,
        retention_days int    not null,
        last_position  bigint not null default 0
      );
      create table bus.messages (
        topic        text        not null references bus.topics (name),
        position     bigint      not null,
        key          text        not null,
        headers      jsonb       not null,
        data         bytea       not null,
        published_at timestamptz not null default clock_timestamp(),
        primary key (topic, position)
      );
      create index messages_age on bus.messages (topic, published_at);
      create table bus.offsets (
        consumer_group text   not null,
        topic          text   not null,
        position       bigint not null,
        primary key (consumer_group, topic)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema bus cascade');
  }
}

export const embeddedLogMigrations: readonly MigrationClass[] = [EmbeddedLog1764201600003];
