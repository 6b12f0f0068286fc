import type { Queryable } from '@crossroads/database';
import { observe, sharedFor } from '@crossroads/telemetry';

export interface JournalOptions {
  readonly db: Pick<Queryable, 'query'>;
  /** Name of the relay that publishes the journal. */
  readonly relay: string;
  /** Event types of the journal. */
  readonly types: readonly string[];
  /** Those of them that a receipt was signed for. */
  readonly receipted: readonly string[];
}

/** A larger backlog is not counted further: the number says no more, and the query would be slow. */
const MAX_COUNTED = 100_000;

const BACKLOG = {
  name: 'journal-backlog',
  text: `
    with published as (select transaction_id, position from es.checkpoints where processor = $1),
    unpublished as (
      select type, recorded_at from es.events
       where revision > 0 and (transaction_id, position) >
             (coalesce((select transaction_id from published), '0'::xid8), coalesce((select position from published), 0))
       order by transaction_id, position limit ${MAX_COUNTED}
    )
    select count(*) filter (where type = any($3))::int as receipts,
           extract(epoch from clock_timestamp() - min(recorded_at))::float8 as age
      from unpublished where type = any($2)`,
};

/**
 * Metrics of the journal events that have not reached the bus. Read from the log, so they are right while no relay runs, and the
 * same in every process. Returns a function that stops observing.
 */
export const observeJournal = ({ db, relay, types, receipted }: JournalOptions): (() => void) => {
  const backlog = sharedFor(1_000, async () => {
    const [row] = await db.query<{ receipts: number; age: number | null }>(BACKLOG, [relay, types, receipted]);
    return { receipts: row?.receipts ?? 0, age: Math.max(0, row?.age ?? 0) };
  });
  const stops = [
    observe('crossroads.journal_age.seconds', async () => (await backlog()).age),
    observe('crossroads.receipts_outstanding', async () => (await backlog()).receipts),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};
