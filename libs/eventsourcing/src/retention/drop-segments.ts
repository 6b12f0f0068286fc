import type { Database } from '@crossroads/database';
import { locking, type WaitOptions } from './locking.js';

const SEGMENT = 1_000_000n;

/**
 * Drops the oldest segments of the journal's log: those that all partitions have left behind, and of which all events were dropped. The
 * place at which each partition begins now stays, with its hash. Returns how many were dropped.
 */
export const dropSegments = async (db: Database, wait: WaitOptions): Promise<number> => {
  for (let dropped = 0; ; dropped++) {
    const [oldest] = await db.query<{ segment: bigint; heads: bigint }>(OLDEST);
    if (oldest === undefined || oldest.heads < (oldest.segment + 1n) * SEGMENT) return dropped;
    const table = `es.log_journal_${oldest.segment}`;
    const [kept] = await db.query<{ found: boolean }>(
      `select exists (select from ${table} l where l.month = any ((select es.kept_months())::int[])) as found`,
    );
    if (kept?.found !== false) return dropped;
    await locking(db, `dropping ${table}`, wait, async (tx) => {
      await tx.query(
        `insert into es.trimmed (partition, position, hash)
         select l.partition, l.position, l.hash from ${table} l where l.position = $1
         on conflict (partition) do update set position = excluded.position, hash = excluded.hash`,
        [(oldest.segment + 1n) * SEGMENT - 1n],
      );
      await tx.query(`drop table ${table}`);
    });
  }
};

/** The oldest segment, and how far the partition has come that has come least far. */
const OLDEST = `
  select substr(c.relname, 13)::bigint as segment,
         (select min(coalesce(h.position, 0))::bigint
            from es.logs g cross join lateral generate_series(g.log * 100, g.log * 100 + g.partitions - 1) p (partition)
            left join lateral (
              select x.position from es.log x where x.partition = p.partition order by x.position desc limit 1) h on true
           where g.name = 'journal') as heads
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = 'es.log_journal'::regclass order by 1 limit 1`;
