import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose messages name an upload: with the last of them it goes when they are erased. */
export class UploadOwners1764230400006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table upload_owners (
        owner_id    uuid not null,
        document_id uuid not null references uploads on delete cascade,
        primary key (owner_id, document_id)
      );
      create index upload_owners_of_document on upload_owners (document_id)`);
    await runner.query(
      grantsToService({
        upload_owners: 'select, insert, delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table upload_owners');
  }
}
