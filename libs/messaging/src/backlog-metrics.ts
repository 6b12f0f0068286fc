import type { Queryable } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';

export interface JournalOptions {
  readonly db: Pick<Queryable, 'query'>;
  /** Name of the relay that publishes the journal. */
  readonly relay: string;
  /** Types of the journal's events. */
  readonly types: readonly string[];
  /** Those of them whose record a receipt was signed for. */
  readonly receipted: readonly string[];
}

/** Beyond it a count says no more, and would cost. */
const COUNTED = 100_000;

const BACKLOG = {
  name: 'journal-backlog',
  text: `
    with done as (select transaction_id, position from es.checkpoints where processor = $1 order by version desc limit 1),
    waiting as (
      select type, recorded_at from es.events
       where revision > 0 and (transaction_id, position) >
             (coalesce((select transaction_id from done), '0'::xid8), coalesce((select position from done), 0))
       order by transaction_id, position limit ${COUNTED}
    )
    select count(*) filter (where type = any($3))::int as receipts,
           extract(epoch from clock_timestamp() - min(recorded_at))::float8 as age
      from waiting where type = any($2)`,
};

/**
 * What of the access journal has not reached the bus: read from the log itself, so that it is true also while no relay
 * runs, and the same whichever process tells it. Gives what ends it.
 */
export const observeJournal = ({ db, relay, types, receipted }: JournalOptions): (() => void) => {
  const backlog = sharedFor(1_000, async () => {
    const [row] = await db.query<{ receipts: number; age: number | null }>(BACKLOG, [relay, types, receipted]);
    return { receipts: row?.receipts ?? 0, age: Math.max(0, row?.age ?? 0) };
  });
  const endings = [
    observe('crossroads.journal_age.seconds', async () => (await backlog()).age),
    observe('crossroads.receipts_outstanding', async () => (await backlog()).receipts),
  ];
  return () => {
    for (const end of endings) end();
  };
};

/** How many messages are parked on each of these topics. Gives what ends it. */
export const observeParked = (db: Pick<Queryable, 'query'>, topics: readonly string[]): (() => void) =>
  observe('crossroads.deliveries_parked', async () => {
    const rows = await db.query<{ topic: string; parked: number }>(
      'select topic, count(*)::int as parked from parked where topic = any($1) group by topic',
      [topics],
    );
    const counts = new Map(rows.map(({ topic, parked }) => [topic, parked]));
    return topics.map((topic) => ({ value: counts.get(topic) ?? 0, of: { topic } }));
  });
