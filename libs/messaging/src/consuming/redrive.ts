import type { Database, Tx } from '@crossroads/database';
import type { CloudEvent } from '../broker/broker.js';
import type { ParkedMessageRepository } from './parked-message.repository.js';

export interface RedriveOptions {
  readonly db: Pick<Database, 'transaction'>;
  readonly parked: ParkedMessageRepository;
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
  for (const key of options.key === undefined ? await options.parked.keys(options.topic) : [options.key]) {
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

const redriveFirst = async (
  { db, parked, topic, handle }: RedriveOptions,
  key: string,
): Promise<'handled' | 'blocked' | 'empty'> => {
  let position: bigint | undefined;
  try {
    return await db.transaction(async (tx) => {
      const first = await parked.firstForUpdate(tx, topic, key);
      if (!first) return 'empty';
      position = first.position;
      const failure = await handle(first.event, tx);
      if (failure) {
        await parked.countFailure(position, { tx, reason: failure.stillBecause });
        return 'blocked';
      }
      await parked.remove(tx, position);
      return 'handled';
    });
  } catch (error) {
    if (position === undefined) throw error;
    await parked.countFailure(position);
    return 'blocked';
  }
};
