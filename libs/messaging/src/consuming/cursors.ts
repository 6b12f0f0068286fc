import type { Queryable } from '@crossroads/database';
import { type Cursor, compareCursors, parseCursor } from '@crossroads/eventsourcing';
import type { CloudEvent } from '../broker/broker.js';

/** Reads the cursors that `storeCursors` stores. */
export interface CursorStore {
  /** By source: the cursor of the last event that was handled. A source of which none was handled is absent. */
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

/** Stores the cursors of a handled batch, which only move forwards. Call it in the transaction that handles the batch. */
export const storeCursors = async (
  tx: Pick<Queryable, 'query'>,
  topic: string,
  events: readonly CloudEvent[],
): Promise<void> => {
  // Sorted, so that two transactions lock their rows in the same order.
  for (const [source, cursor] of [...lastCursors(events)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await tx.query(
      `insert into consumed as c (source, topic, transaction_id, position) values ($1, $2, $3::xid8, $4)
       on conflict (source, topic) do update
       set transaction_id = excluded.transaction_id, position = excluded.position, consumed_at = now()
       where (c.transaction_id, c.position) < (excluded.transaction_id, excluded.position)`,
      [source, topic, cursor.transactionId, cursor.position],
    );
  }
};

/** The events after the cursor of their source. An event without a cursor is always among them. */
export const eventsAfter = (events: readonly CloudEvent[], consumed: ReadonlyMap<string, Cursor>): CloudEvent[] =>
  events.filter((event) => {
    const last = consumed.get(event.source);
    const cursor = cursorOf(event);
    return !last || !cursor || compareCursors(cursor, last) > 0;
  });

const lastCursors = (events: readonly CloudEvent[]): Map<string, Cursor> => {
  const cursors = new Map<string, Cursor>();
  for (const event of events) {
    const cursor = cursorOf(event);
    const known = cursors.get(event.source);
    if (cursor && (!known || compareCursors(cursor, known) > 0)) cursors.set(event.source, cursor);
  }
  return cursors;
};

const cursorOf = ({ cursor }: CloudEvent): Cursor | undefined => (cursor ? parseCursor(cursor) : undefined);
