import type { Database, Tx } from '@crossroads/database';
import type { CloudEvent } from '../broker/broker.js';
import { firstParked } from './parking.js';

export interface RedriveOptions {
  readonly db: Database;
  readonly topic: string;
  /** One key's queue. @default every queue of the topic */
  readonly key?: string;
  /**
   * Handles one parked event, as it was received, in the transaction that removes it from the queue. Returns a reason, or throws,
   * when it still cannot.
   */
  readonly handle: (event: CloudEvent, tx: Tx) => Promise<{ readonly stillBecause: string } | undefined>;
}

export interface Redriven {
  readonly handled: number;
  /** Keys whose queue is not empty. */
  readonly blocked: number;
}

/**
 * Handles parked events again, each queue in its order. An event that fails again blocks the rest of its own queue only; its attempts
 * are counted. Two redrives at the same time share the work.
 */
export const redrive = async (options: RedriveOptions): Promise<Redriven> => {
  let handled = 0;
  let blocked = 0;
  for (const key of options.key === undefined ? await parkedKeys(options) : [options.key]) {
    for (;;) {
      const outcome = await redriveFirst(options, key);
      if (outcome === 'handled') handled++;
      else {
        if (outcome === 'blocked') blocked++;
        break;
      }
    }
  }
  return { handled, blocked };
};

const parkedKeys = async ({ db, topic }: RedriveOptions): Promise<string[]> => {
  const rows = await db.query<{ key: string }>(
    'select key from parked where topic = $1 group by key order by min(place)',
    [topic],
  );
  return rows.map(({ key }) => key);
};

const redriveFirst = async (
  { db, topic, handle }: RedriveOptions,
  key: string,
): Promise<'handled' | 'blocked' | 'empty'> => {
  let place: bigint | undefined;
  try {
    return await db.transaction(async (tx) => {
      const first = await firstParked(tx, topic, key);
      if (!first) return 'empty';
      place = first.place;
      const failure = await handle(first.event, tx);
      if (failure) {
        await tx.query('update parked set attempts = attempts + 1, reason = $2 where place = $1', [
          place,
          failure.stillBecause,
        ]);
        return 'blocked';
      }
      await tx.query('delete from parked where place = $1', [place]);
      return 'handled';
    });
  } catch (error) {
    if (place === undefined) throw error;
    await db.query('update parked set attempts = attempts + 1 where place = $1', [place]);
    return 'blocked';
  }
};
