import { grantsToService } from '@crossroads/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A view of the streams of messages, written in the transaction of each event: what lists and filters need. The content is in the
 * first event of the stream, sealed for the owner. `message_id` is a UUIDv7 of the time of receipt, so that the primary key is the
 * order of the list and the filter by period.
 */
export class Messages1764230400001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table messages (
        owner_id            uuid not null,
        message_id          uuid not null,
        -- When its next timer is due; null: it has none left.
        due_at              timestamptz,
        read_at             timestamptz,
        -- The first reading, of which the sender learns; it stays when the message is marked as unread.
        first_read_at       timestamptz,
        expires_on          date,
        due                 text check (due in ('reminder', 'expiration')),
        hidden              boolean not null default false,
        registered_mail     boolean not null,
        -- Enterprise number of the institution that published it; 'service:ebox' for the mesh itself.
        provider            text not null,
        sender              text not null,
        message_type        text not null,
        original_message_id text not null,
        -- Keyed hashes of the words of the subject, of use for this owner only.
        words               bigint[] not null,
        primary key (owner_id, message_id),
        unique (sender, original_message_id),
        check ((due_at is null) = (due is null))
      );
      -- One for each filter of the list, in its order: a filter that few messages of a big mailbox pass would read all of it. Those
      -- that were read have none: there are few in a big mailbox that nobody looks at.
      create index messages_unread on messages (owner_id, message_id) where read_at is null and not hidden;
      create index messages_hidden on messages (owner_id, message_id) where hidden;
      create index messages_registered on messages (owner_id, message_id) where registered_mail and not hidden;
      create index messages_of_type on messages (owner_id, message_type, message_id);
      create index messages_of_sender on messages (owner_id, sender, message_id);
      create index messages_due on messages (due_at) where due_at is not null;
      create index messages_words on messages using gin (words)`);
    await runner.query(
      grantsToService({
        messages: 'select, insert, update (read_at, first_read_at, hidden, due, due_at), delete',
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table messages');
  }
}
