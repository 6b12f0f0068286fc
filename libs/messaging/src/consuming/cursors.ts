import type { Queryable } from '@crossroads/database';
import { type Cursor, compareCursors, parseCursor } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** Where the consumers' cursors are read; `remember` writes them. */
export interface CursorStore {
  /** The last cursor handled of each source that has one. */
  cursors(topic: string): Promise<ReadonlyMap<string, Cursor>>;
}

export const cursorStore = (db: Pick<Queryable, 'query'>): CursorStore => ({
  cursors: async (topic) => {
    const rows = await db.query<{ source: string; transaction_id: bigint; position: bigint }>(
      'select source, transaction_id, position from consumed where topic = $1',
      [topic],
    );
    return new Map(rows.map((row) => [row.source, { transactionId: row.transaction_id, position: row.position }]));
  },
});

/** Remembers a batch as handled, forwards only. To be called in the transaction of its work, on its `tx`. */
export const rememberConsumed = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  events: readonly CloudEvent[],
): Promise<void> => {
  // Sorted, so that two batches take their rows in one order.
  for (const [source, cursor] of [...latest(events)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await tx.query(
      `insert into consumed as c (source, topic, transaction_id, position) values ($1, $2, $3::xid8, $4)
       on conflict (source, topic) do update
       set transaction_id = excluded.transaction_id, position = excluded.position, consumed_at = now()
       where (c.transaction_id, c.position) < (excluded.transaction_id, excluded.position)`,
      [source, topic, cursor.transactionId, cursor.position],
    );
  }
};

/** The events that come after what was handled; those without a cursor always do. */
export const notYetConsumed = (events: readonly CloudEvent[], consumed: ReadonlyMap<string, Cursor>): CloudEvent[] =>
  events.filter((event) => {
    const last = consumed.get(event.source);
    const cursor = cursorOf(event);
    return !last || !cursor || compareCursors(cursor, last) > 0;
  });

const latest = (events: readonly CloudEvent[]): Map<string, Cursor> => {
  const cursors = new Map<string, Cursor>();
  for (const event of events) {
    const cursor = cursorOf(event);
    const known = cursors.get(event.source);
    if (cursor && (!known || compareCursors(cursor, known) > 0)) cursors.set(event.source, cursor);
  }
  return cursors;
};

const cursorOf = ({ cursor }: CloudEvent): Cursor | undefined => (cursor ? parseCursor(cursor) : undefined);
