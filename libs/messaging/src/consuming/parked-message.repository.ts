import type { Queryable } from '@crossroads/database';
import type { CloudEvent } from '../broker/broker.js';
import { eventOf, headersOf } from '../broker/cloud-event-headers.js';

export interface Parked {
  readonly place: bigint;
  readonly topic: string;
  readonly event: CloudEvent;
  /** A reason code of the consumer, or `BEHIND_PARKED`. */
  readonly reason: string;
  readonly parkedAt: Date;
  /** How often a redrive has failed. */
  readonly attempts: number;
}

/** The reason of an event that could be handled itself, but follows a parked one under its key. */
export const BEHIND_PARKED = 'BEHIND_PARKED';

interface Row {
  readonly place: bigint;
  readonly topic: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly data: Buffer;
  readonly reason: string;
  readonly parked_at: Date;
  readonly attempts: number;
}

const COLUMNS = 'place, topic, key, headers, data, reason, parked_at, attempts';

/** Adds an event, as received, to the end of its key's queue. Idempotent. Call it in the transaction of the batch. */
export const park = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  event: CloudEvent,
  reason: string,
): Promise<void> => {
  await tx.query(
    `insert into parked (topic, key, source, event_id, headers, data, reason) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (topic, source, event_id) do nothing`,
    [topic, event.key, event.source, event.id, JSON.stringify(headersOf(event)), Buffer.from(event.data), reason],
  );
};

/**
 * The keys that have parked events: newer events of these keys are parked behind them. Locks the last event of each queue until the
 * transaction ends, so that no redrive empties the queue in between and leaves an event parked behind nothing.
 */
export const blockedKeys = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  keys: readonly string[],
): Promise<Set<string>> => {
  const rows = await tx.query<{ key: string }>(
    `select asked.key from unnest($2::text[]) as asked (key) cross join lateral (
       select from parked where topic = $1 and parked.key = asked.key order by place desc limit 1 for share
     ) as last`,
    [topic, [...new Set(keys)].sort()],
  );
  return new Set(rows.map(({ key }) => key));
};

/** Parks the events whose key has parked events, and returns the others. */
export const parkBlocked = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  events: readonly CloudEvent[],
): Promise<CloudEvent[]> => {
  const blocked = await blockedKeys(
    tx,
    topic,
    events.map(({ key }) => key),
  );
  for (const event of events) if (blocked.has(event.key)) await park(tx, topic, event, BEHIND_PARKED);
  return events.filter(({ key }) => !blocked.has(key));
};

export interface ParkedPage {
  /** @default all topics */
  readonly topic?: string;
  /** `place` of the last event of the previous page. */
  readonly after?: bigint;
  readonly limit: number;
}

/** In the order in which they were parked. */
export const listParked = async (
  db: Pick<Queryable, 'query'>,
  { topic, after = 0n, limit }: ParkedPage,
): Promise<Parked[]> => {
  const rows = await db.query<Row>(
    `select ${COLUMNS} from parked where place > $1 and ($2::text is null or topic = $2) order by place limit $3`,
    [after, topic ?? null, limit],
  );
  return rows.map(parkedOf);
};

const parkedOf = ({ place, topic, key, headers, data, reason, parked_at: parkedAt, attempts }: Row): Parked => ({
  place,
  topic,
  event: eventOf(headers, { key, data, time: parkedAt, position: `${topic}/parked/${place}` }),
  reason,
  parkedAt,
  attempts,
});

/** The first event of a key's queue, locked until the transaction ends; undefined when the queue is empty. */
export const firstParked = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  key: string,
): Promise<Parked | undefined> => {
  const [row] = await tx.query<Row>(
    `select ${COLUMNS} from parked where topic = $1 and key = $2 order by place limit 1 for update`,
    [topic, key],
  );
  return row && parkedOf(row);
};
