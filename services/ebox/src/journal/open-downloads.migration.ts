import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Downloads whose outcome is not in the journal yet. A row outlives its process, so that another one closes it as unknown. */
export class OpenDownloads1764230400003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table open_downloads (
        journal_id uuid primary key,
        owner_id   uuid not null,
        ticket     text not null,
        opened_at  timestamptz not null
      );
      create index open_downloads_by_age on open_downloads (opened_at)`);
    await runner.query(
      grantsToService({
        open_downloads: 'select, insert, delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table open_downloads');
  }
}
