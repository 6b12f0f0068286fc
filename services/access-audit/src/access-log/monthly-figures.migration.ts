import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Numbers by institution and month. Each partition of the log has rows of its own, so that consumers do not wait for each other. */
export class MonthlyFigures1764230400002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table monthly_figures (
        id                    text primary key,
        month                 date     not null,
        customer              text     not null,
        consultations         bigint   not null,
        refused_consultations bigint   not null,
        deliveries            bigint   not null,
        inscriptions          bigint   not null
      )`);
    await runner.query('create index monthly_figures_by_month on monthly_figures (month desc, customer)');
    await runner.query(grantsToService({ monthly_figures: 'select, insert, update' }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table monthly_figures');
  }
}
