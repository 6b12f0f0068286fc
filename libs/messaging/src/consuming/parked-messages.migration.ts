import { grantsToService, type MigrationClass } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { RefusedMessages1764201600006 } from './refused-messages.migration.js';

/** Messages that could not be handled, and those with the same key behind them, in their order. */
class ParkedMessages1764201600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table parked (
        position  bigint      generated always as identity primary key,
        topic     text        not null,
        key       text        not null,
        source    text        not null,
        event_id  text        not null,
        partition smallint,
        headers   jsonb       not null,
        data      bytea       not null,
        reason    text        not null,
        parked_at timestamptz not null default now(),
        attempts  int         not null default 0,
        unique (topic, source, event_id)
      );
      create index parked_by_key on parked (topic, key, position);
      comment on column parked.partition is 'of the topic';
      comment on column parked.data is 'As received: sealed on internal topics'`);
    await runner.query(
      grantsToService({
        parked: 'select, insert, update (reason, attempts), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table parked');
  }
}

export const parkingMigrations: readonly MigrationClass[] = [ParkedMessages1764201600002, RefusedMessages1764201600006];
