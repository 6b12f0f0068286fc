import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents of senders without a store of their own; the content is in the document store. */
export class Uploads1764230400002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table uploads (
        document_id uuid primary key,
        -- Enterprise numbers; 'service:ebox' for the mesh itself.
        provider    text not null,
        sender      text not null,
        media_type  text not null,
        size        bigint not null,
        sha256      bytea not null,
        uploaded_at timestamptz not null,
        -- Those that no message names are removed after a day.
        state       text not null check (state in ('arriving', 'stored', 'named', 'leaving'))
      );
      create index uploads_unnamed on uploads (uploaded_at) where state in ('arriving', 'stored');
      create index uploads_leaving on uploads (document_id) where state = 'leaving'`);
    await runner.query(
      grantsToService({
        uploads: 'select, insert, update (state), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table uploads');
  }
}
