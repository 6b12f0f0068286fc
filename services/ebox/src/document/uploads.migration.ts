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
        -- Whether a message names it: the others are removed after a day.
        named       boolean not null default false
      );
      create index uploads_unnamed on uploads (uploaded_at) where not named`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table uploads');
  }
}
