import type { Queryable, Tx } from '@crossroads/database';
import type { IsoDay } from '@crossroads/identifiers';
import { Injectable } from '@nestjs/common';
import type { Timer } from './timers.rules.js';

/** A message as it is inserted. */
export interface NewMessageRow {
  readonly ownerId: string;
  readonly messageId: string;
  readonly timer: Timer | undefined;
  readonly expiresOn: IsoDay | undefined;
  readonly registeredMail: boolean;
  readonly provider: string;
  readonly sender: string;
  readonly messageType: string;
  readonly originalMessageId: string;
  readonly words: readonly bigint[];
}

/** The sender's own name of a message. */
export interface OriginalId {
  readonly sender: string;
  readonly originalMessageId: string;
}

const INSERT = {
  name: 'messages-insert',
  text: `insert into messages (owner_id, message_id, due, due_at, expires_on, registered_mail, provider, sender, message_type,
      original_message_id, words)
    select owner_id, message_id, due, due_at, expires_on, registered_mail, provider, sender, message_type, original_message_id,
      words::bigint[]
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::date[], $6::boolean[], $7::text[], $8::text[], $9::text[],
      $10::text[], $11::text[])
      as row (owner_id, message_id, due, due_at, expires_on, registered_mail, provider, sender, message_type, original_message_id, words)
    on conflict (sender, original_message_id) do nothing`,
};

// Looked up one by one in the unique index: statistics of a table that grows fast would make a plan that reads it whole.
const PUBLISHED = {
  name: 'messages-published',
  text: `select (select true from messages m where m.sender = asked.sender and m.original_message_id = asked.id) is true as published
    from unnest($1::text[], $2::text[]) with ordinality as asked (sender, id, n) order by n`,
};

/** The table of messages, as publishing writes it. */
@Injectable()
export class MessageRows {
  /** Which of the ids their senders have used before. */
  async arePublished(on: Queryable, ids: readonly OriginalId[]): Promise<boolean[]> {
    const params = [ids.map(({ sender }) => sender), ids.map(({ originalMessageId }) => originalMessageId)];
    const rows = await on.query<{ readonly published: boolean }>(PUBLISHED, params);
    return rows.map(({ published }) => published);
  }

  /** @returns how many were inserted: less than all when another transaction has used an id meanwhile */
  insert(tx: Tx, rows: readonly NewMessageRow[]): Promise<number> {
    return tx.execute(INSERT, [
      rows.map(({ ownerId }) => ownerId),
      rows.map(({ messageId }) => messageId),
      rows.map(({ timer }) => timer?.kind),
      rows.map(({ timer }) => timer?.at),
      rows.map(({ expiresOn }) => expiresOn),
      rows.map(({ registeredMail }) => registeredMail),
      rows.map(({ provider }) => provider),
      rows.map(({ sender }) => sender),
      rows.map(({ messageType }) => messageType),
      rows.map(({ originalMessageId }) => originalMessageId),
      rows.map(({ words }) => `{${words.join()}}`),
    ]);
  }
}
