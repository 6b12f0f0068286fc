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

// As JSON, since escaping eleven arrays takes the client three times as long.
const INSERT = {
  name: 'messages-insert',
  text: `insert into messages (owner_id, message_id, due, due_at, expires_on, registered_mail, provider, sender, message_type,
      original_message_id, words)
    select * from jsonb_to_recordset($1) as row (owner_id uuid, message_id uuid, due text, due_at timestamptz, expires_on date,
      registered_mail boolean, provider text, sender text, message_type text, original_message_id text, words bigint[])
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
    const stored = rows.map((row) => ({
      owner_id: row.ownerId,
      message_id: row.messageId,
      due: row.timer?.kind,
      due_at: row.timer?.at,
      expires_on: row.expiresOn,
      registered_mail: row.registeredMail,
      provider: row.provider,
      sender: row.sender,
      message_type: row.messageType,
      original_message_id: row.originalMessageId,
      words: `{${row.words.join()}}`,
    }));
    return tx.execute(INSERT, [JSON.stringify(stored)]);
  }
}
