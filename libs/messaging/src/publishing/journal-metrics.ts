import type { Queryable } from '@crossroads/database';
import { partitionsOf } from '@crossroads/eventsourcing';
import { observe, sharedFor } from '@crossroads/telemetry';
import { relayOf } from './relay-steps.js';

export interface JournalOptions {
  readonly db: Pick<Queryable, 'query'>;
  /** The topic on which the journal is published. */
  readonly topic: string;
  /** Event types of the journal. */
  readonly types: readonly string[];
  /** Those of them that a receipt was signed for. */
  readonly receipted: readonly string[];
}

/** A larger backlog is not counted further: the number says no more, and the query would be slow. */
const MAX_COUNTED = 10_000;

/** By partition: what is stamped and not published, and what was appended after the last event that was stamped. */
const BACKLOG = {
  name: 'journal-backlog',
  text: `
    with unpublished as (
      select e.type, e.recorded_at from unnest($4::smallint[]) p (partition)
        left join lateral (select s.position from es.steps s where s.reader = $1 and s.partition = p.partition
          order by s.after desc limit 1) published on true
        cross join lateral (select l.* from es.log l where l.partition = p.partition and l.position > coalesce(published.position, 0)
          order by l.position limit ${MAX_COUNTED}) l
        join es.events e on e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision
      union all
      select e.type, e.recorded_at from unnest($4::smallint[]) p (partition)
        left join lateral (select l.snapshot, l.target from es.log l where l.partition = p.partition order by l.position desc limit 1)
          head on true
        cross join lateral (select * from es.events e where e.partition = p.partition
          and e.transaction_id >= pg_snapshot_xmin(coalesce(head.target, head.snapshot, '1:1:'))
          and not exists (select from es.log l where l.partition = e.partition and l.month = e.month and l.stream_id = e.stream_id
            and l.revision = e.revision) limit ${MAX_COUNTED}) e
    )
    select count(*) filter (where type = any($3))::int as receipts,
           extract(epoch from clock_timestamp() - min(recorded_at))::float8 as age
      from unpublished where type = any($2)`,
};

/**
 * Metrics of the journal events that have not reached the bus. Read from the log, so they are right while no relay runs, and the
 * same in every process. Returns a function that stops observing.
 */
export const observeJournal = ({ db, topic, types, receipted }: JournalOptions): (() => void) => {
  const partitions = partitionsOf('journal');
  const backlog = sharedFor(1_000, async () => {
    const [row] = await db.query<{ receipts: number; age: number | null }>(BACKLOG, [
      relayOf(topic),
      types,
      receipted,
      partitions,
    ]);
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
