import { openDatabase } from '@crossroads/database';
import { type NewEvent, PostgresEventStore } from '@crossroads/eventsourcing';
import type { TestDatabase } from '@crossroads/testing';

const BATCH = 1_000;

/** Appends to the policy as another process of the service does, without its rules. */
export const storeEvents = async (
  { url }: TestDatabase,
  revision: bigint,
  events: readonly NewEvent[],
  onBatch: (stored: number) => void = () => {},
): Promise<void> => {
  const database = await openDatabase({ url });
  try {
    const store = new PostgresEventStore(database);
    for (let from = 0; from < events.length; from += BATCH) {
      const expectedRevision = revision + BigInt(from);
      const batch = events.slice(from, from + BATCH);
      await store.append([{ streamId: 'policy', streamType: 'policy', expectedRevision, events: batch }]);
      onBatch(from + batch.length);
    }
  } finally {
    await database.close();
  }
};
