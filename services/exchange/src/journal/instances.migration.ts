import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Processes that may have begun accesses without an outcome yet. */
export class ExchangeInstances1764230400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table exchange_instances (
        instance_id     uuid primary key,
        concluded_below xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
        gone_since      timestamptz
      );
      comment on column exchange_instances.concluded_below is 'accesses that it began in earlier transactions have their outcome'`);
    await runner.query(
      grantsToService({
        exchange_instances: 'select, insert, update (concluded_below, gone_since), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table exchange_instances');
  }
}
