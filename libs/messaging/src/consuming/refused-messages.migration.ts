import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages that the producer of their topic did not seal. Without their bodies, which may be readable. */
export class RefusedMessages1764201600006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table refused (
        position   bigint      generated always as identity primary key,
        topic      text        not null,
        partition  smallint,
        digest     bytea       not null,
        key        text        not null,
        headers    jsonb       not null,
        bytes      int         not null,
        reason     text        not null,
        refused_at timestamptz not null default now(),
        unique (topic, digest)
      );
      comment on table refused is 'Messages of the broker that the producer of their topic did not seal: the newest of each topic';
      comment on column refused.digest is 'SHA-256 of partition, key, headers and body, all as received'`);
    await runner.query(grantsToService({ refused: 'select, insert, delete' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table refused');
  }
}
