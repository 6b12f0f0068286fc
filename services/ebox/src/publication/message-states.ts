import type { MessageState } from '@crossroads/contracts/ebox/v1/publication_service';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { receivedAt } from '../message/message-ids.js';

interface StateRow {
  readonly original_message_id: string;
  readonly message_id: string;
  readonly first_read_at: Date | null;
}

const STATES = {
  name: 'message-states',
  text: `select m.original_message_id, m.message_id, m.first_read_at
    from unnest($3::text[]) with ordinality as asked (id, n)
    join messages m on m.sender = $2 and m.original_message_id = asked.id and m.provider = $1
    order by asked.n`,
};

/** What became of messages, for the provider that published them. */
@Injectable()
export class MessageStates {
  constructor(private readonly db: Database) {}

  /** In the order asked, each once; those that do not exist are left out. */
  async of(provider: string, sender: string, originalIds: readonly string[]): Promise<MessageState[]> {
    const rows = await this.db.query<StateRow>(STATES, [provider, sender, [...new Set(originalIds)]]);
    return rows.map((row) => ({
      originalMessageId: row.original_message_id,
      messageId: row.message_id,
      receivedTime: receivedAt(row.message_id),
      readTime: row.first_read_at ?? undefined,
    }));
  }
}
