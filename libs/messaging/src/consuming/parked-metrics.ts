import type { Queryable } from '@crossroads/database';
import { observe } from '@crossroads/telemetry';

/** Counts the parked messages of each topic. Returns a function that stops observing. */
export const observeParked = (db: Pick<Queryable, 'query'>, topics: readonly string[]): (() => void) =>
  observe('crossroads.deliveries_parked', async () => {
    const rows = await db.query<{ topic: string; parked: number }>(
      'select topic, count(*)::int as parked from parked where topic = any($1) group by topic',
      [topics],
    );
    const counts = new Map(rows.map(({ topic, parked }) => [topic, parked]));
    return topics.map((topic) => ({ value: counts.get(topic) ?? 0, of: { topic } }));
  });
