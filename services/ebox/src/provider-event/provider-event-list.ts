import type { ProviderEvent } from '@crossroads/contracts/ebox/v1/events';
import type { ListProviderEventsResponse } from '@crossroads/contracts/ebox/v1/publication_service';
import { Database } from '@crossroads/database';
import { Injectable } from '@nestjs/common';
import { providerEventMessage, type StoredProviderEvent } from './provider-event.message.js';

const LAST = {
  name: 'last-provider-event',
  text: 'select last_sequence as "lastSequence" from provider_sequences where provider = $1',
};

const PAGE = {
  name: 'provider-events',
  // Numbers are dense, whatever became of a message.
  text: `
    select e.sequence, e.kind, e.message_id as "messageId", e.owner_id as "ownerId", e.at,
           coalesce(m.sender, '') as sender, coalesce(m.original_message_id, '') as "originalMessageId"
      from provider_events e left join messages m using (owner_id, message_id)
     where e.provider = $1 and e.sequence > $2 and e.sequence <= $3
     order by e.sequence limit $4`,
};

/** What happened to the messages of a provider, by number. */
@Injectable()
export class ProviderEventList {
  constructor(private readonly db: Database) {}

  async page(provider: string, afterSequence: bigint, pageSize: number): Promise<ListProviderEventsResponse> {
    const [sequences] = await this.db.query<{ readonly lastSequence: bigint }>(LAST, [provider]);
    const last = sequences?.lastSequence ?? 0n;
    const events: ProviderEvent[] = (await this.after(provider, afterSequence, last, pageSize)).map(
      providerEventMessage,
    );
    const reached = events.at(-1)?.eventSequenceNbr ?? afterSequence;
    return { events, lastSequenceNbr: last, hasNext: reached < last };
  }

  /** At most `limit` events after one number, up to another. */
  after(provider: string, sequence: bigint, upTo: bigint, limit: number): Promise<StoredProviderEvent[]> {
    return this.db.query<StoredProviderEvent>(PAGE, [provider, sequence, upTo, limit]);
  }
}
