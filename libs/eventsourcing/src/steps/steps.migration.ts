import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The places of readers: of the relay in this service's own log, and of consumers in the logs of other services. A reader's place is its
 * last step. The primary key is the fence: of two that both believe they hold a partition, only one can go on from the same place.
 */
class Steps1764201600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema if not exists es;
      create table es.steps (
        reader      text        not null,
        partition   smallint    not null,
        after       bigint      not null,
        position    bigint      not null,
        hash        bytea       not null,
        linked      bigint,
        linked_hash bytea,
        at          timestamptz not null default clock_timestamp(),
        primary key (reader, partition, after),
        check (position > after)
      );
      create table es.generations (
        topic      text        not null,
        partition  smallint    not null,
        log_id     uuid        not null,
        generation int         not null check (generation >= 0),
        source     text        not null,
        at         timestamptz not null default clock_timestamp(),
        primary key (topic, partition, log_id, generation)
      );
      comment on table es.generations is
        'logs that this service reads: the reader "topic log_id generation" of the highest generation is the current one';
      comment on column es.steps.after is 'the place that the step was taken from';
      comment on column es.steps.linked is 'of the relay: the last position that was published on the topic'`);
    await runner.query(
      grantsToService({
        'schema es': 'usage',
        'es.steps': 'select, insert, delete',
        'es.generations': 'select, insert',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table es.generations; drop table es.steps');
  }
}

export const stepsMigrations: readonly MigrationClass[] = [Steps1764201600001];
