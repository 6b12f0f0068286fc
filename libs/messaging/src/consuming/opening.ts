import { createHash } from 'node:crypto';
import { Database } from '@crossroads/database';
import { counter, processLog } from '@crossroads/telemetry';
import { Injectable } from '@nestjs/common';
import type { CloudEvent } from '../broker/broker.js';
import { headersOf } from '../broker/cloud-event-headers.js';
import { MessageRefused, type Refusal, TopicSealing } from '../broker/topic-sealing.js';

/** Of each topic the newest are kept: whoever floods it must not fill the disk. */
const MOST_KEPT = 1_000;
const MAX_TEXT = 1_000;
/** Nor the log: one line for each topic and reason. */
const SAY_AGAIN_MS = 60_000;

const refusals = counter('crossroads.messages_refused');

interface RefusedMessage {
  readonly message: CloudEvent;
  readonly reason: Refusal;
}

/**
 * Opens the messages of a broker. One that its topic's producer did not seal is noted, counted and left out: it moves no place and holds
 * nobody's key up. If the producer did publish such an event, its place is missing, and it comes from `Events/Read`.
 */
@Injectable()
export class Opening {
  private readonly saidAt = new Map<string, number>();

  constructor(
    private readonly db: Database,
    private readonly sealing: TopicSealing,
  ) {}

  /** The opened ones, in their order. */
  async open(topic: string, messages: readonly CloudEvent[]): Promise<CloudEvent[]> {
    const refused: RefusedMessage[] = [];
    const opened = await Promise.all(
      messages.map((message) =>
        this.sealing.open(topic, message).catch((error: unknown) => {
          if (!(error instanceof MessageRefused)) throw error;
          refused.push({ message, reason: error.reason });
          return undefined;
        }),
      ),
    );
    if (refused.length > 0) await this.note(topic, refused);
    return opened.filter((event) => event !== undefined);
  }

  /** What comes again, for example after a rebalance, is noted once. */
  private async note(topic: string, refused: readonly RefusedMessage[]): Promise<void> {
    const rows = refused.map(({ message, reason }) => ({
      partition: message.partition ?? null,
      digest: digestOf(message),
      key: storable(message.key),
      headers: Object.fromEntries(Object.entries(headersOf(message)).map(([name, value]) => [name, storable(value)])),
      bytes: message.data.length,
      reason,
    }));
    await this.db.query(
      `insert into refused (topic, partition, digest, key, headers, bytes, reason)
       select $1, partition, decode(digest, 'hex'), key, headers, bytes, reason from jsonb_to_recordset($2::jsonb)
         as row (partition smallint, digest text, key text, headers jsonb, bytes int, reason text)
       on conflict do nothing`,
      [topic, JSON.stringify(rows)],
    );
    await this.db.query(
      `delete from refused where topic = $1 and position <=
         (select position from refused where topic = $1 order by position desc offset $2 limit 1)`,
      [topic, MOST_KEPT],
    );
    for (const [reason, all] of Map.groupBy(refused, (one) => one.reason)) {
      refusals.add(all.length, { topic, reason });
      this.say(topic, reason);
    }
  }

  private say(topic: string, reason: Refusal): void {
    const what = `${topic} ${reason}`;
    const now = performance.now();
    if (now - (this.saidAt.get(what) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    this.saidAt.set(what, now);
    processLog().error(
      'messages were refused that their producer did not seal: see docs/runbooks/messages-refused.md',
      {
        topic,
        reason,
      },
    );
  }
}

/** Whatever a header holds: PostgreSQL stores neither NUL nor half a surrogate pair. */
const storable = (text: string): string => Buffer.from(text.slice(0, MAX_TEXT)).toString().replaceAll('\0', '\uFFFD');

const digestOf = (message: CloudEvent): string => {
  const { partition, key, data } = message;
  const attributes = JSON.stringify([partition, key, headersOf(message)]);
  return createHash('sha256').update(attributes).update(data).digest('hex');
};
