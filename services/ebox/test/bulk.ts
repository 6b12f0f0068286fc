import { setTimeout as delay } from 'node:timers/promises';
import type { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { isOutage, RemoteError } from '@crossroads/grpc';
import { asAdmin, type PublicationClient, requestsOf } from './publishing.js';
import type { World } from './world.js';

/** A sender that sends again whatever has no answer, until each message has one. */
export class BulkSender {
  /** The outcome of each message, by its place. */
  readonly outcomes = new Map<number, string>();
  /** Streams that were cut. */
  cuts = 0;

  constructor(
    private readonly client: () => PublicationClient,
    private readonly messages: readonly NewMessage[],
  ) {}

  /** @param signal cuts the stream that is running, as a sender that dies does */
  async run(signal: () => AbortSignal | undefined = () => undefined): Promise<void> {
    while (this.outcomes.size < this.messages.length)
      try {
        await this.stream(signal());
      } catch (error) {
        if (!isCut(error)) throw error;
        this.cuts++;
        await delay(50);
      }
  }

  private async stream(signal: AbortSignal | undefined): Promise<void> {
    const places = this.messages.flatMap((_, place) => (this.outcomes.has(place) ? [] : [place]));
    const sent = places.flatMap((place) => this.messages[place] ?? []);
    const answers = this.client().publishMessages(requestsOf(sent), signal === undefined ? {} : { signal });
    for await (const { number, outcome } of answers) {
      const place = places[Number(number) - 1] ?? -1;
      this.outcomes.set(
        place,
        outcome?.$case === 'published' ? outcome.value.messageId : (outcome?.value.reason ?? ''),
      );
    }
  }
}

const CUT = ['UNAVAILABLE', 'CANCELLED'];

const isCut = (error: unknown): boolean =>
  isOutage(error) ||
  (error instanceof RemoteError && (error.isOutage || CUT.includes(error.reason) || error.reason === ''));

interface Counts {
  readonly rows: number;
  readonly streams: number;
  readonly doubled: number;
  readonly without_row: number;
}

/** What the database has of a sender's messages. */
export const storedOf = async (world: World, sender: string): Promise<Counts> => {
  const [counts] = await asAdmin<Counts>(
    world,
    `with streams as (select stream_id, count(*) n, data->>'originalMessageId' id from es.events
       where type = 'MessagePublished' and data->>'sender' = $1 group by stream_id, id)
     select (select count(*)::int from messages where sender = $1) as rows,
       (select count(*)::int from streams) as streams,
       (select count(*)::int from (select id from streams group by id having count(*) > 1 or sum(n) > 1)) as doubled,
       (select count(*)::int from (select stream_id from streams except select message_id::text from messages where sender = $1)) as without_row`,
    [sender],
  );
  if (counts === undefined) throw new Error('nothing was counted');
  return counts;
};
