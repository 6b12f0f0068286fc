import type { ProviderEventKind } from '@crossroads/contracts/ebox/v1/events';
import type { Tx } from '@crossroads/database';
import { ebox } from '@crossroads/topology';
import { Injectable } from '@nestjs/common';

/** The provider of what the mesh itself publishes: nobody asks for its events. */
const MESH = `service:${ebox.name}`;

/** What happened to a message; its provider and owner are those of the message. */
export interface NewProviderEvent {
  readonly kind: ProviderEventKind;
  readonly messageId: string;
  readonly at: Date;
}

/**
 * The first event of a stream names provider and owner; its revision is in the primary key of the log. Numbers go in the order of
 * the events. The rows of `provider_sequences` are locked in the order of their providers.
 */
const NUMBER = {
  name: 'number-provider-events',
  text: `
    with happened as (
      select published.data->>'provider' as provider, (published.data->>'ownerId')::uuid as owner_id,
             happened.message_id, happened.at, happened.kind, happened.n
        from unnest($1::text[], $2::timestamptz[], $3::smallint[]) with ordinality as happened (message_id, at, kind, n)
        join es.events published on published.month = 0 and published.stream_id = happened.message_id and published.revision = 1
       where published.data->>'provider' <> $4
    ), numbered as (
      insert into provider_sequences as s (provider, last_sequence)
      select provider, count(*) from happened group by provider order by provider
          on conflict (provider) do update set last_sequence = s.last_sequence + excluded.last_sequence
      returning provider, last_sequence
    )
    insert into provider_events (provider, sequence, owner_id, message_id, at, kind)
    select provider,
           last_sequence - count(*) over (partition by provider) + row_number() over (partition by provider order by n),
           owner_id, message_id::uuid, at, kind
      from happened join numbered using (provider)`,
};

/** Gives the events of each provider their dense numbers. */
@Injectable()
export class ProviderEventNumbering {
  /** In the caller's transaction, in the order of the events. */
  async append(tx: Tx, events: readonly NewProviderEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.execute(NUMBER, [
      events.map(({ messageId }) => messageId),
      events.map(({ at }) => at),
      events.map(({ kind }) => kind),
      MESH,
    ]);
  }
}
