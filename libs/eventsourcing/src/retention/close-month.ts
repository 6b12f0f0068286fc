import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Queryable } from '@crossroads/database';
import { CLOSED, type Month, tableOf } from './months.js';
import { locking, type WaitOptions } from './locking.js';

const POLL_MS = 200;
const SAY_MS = 2_000;

/**
 * Closes a month: no further event gets into it, all of them get their positions, and its table moves from `es.events` to `es.past`.
 * Each step finds out what was done before. Needs the role that owns the tables.
 */
export const closeMonth = async (db: Database, { month, state }: Month, wait: WaitOptions): Promise<void> => {
  if (state === 'past') return;
  if (state === 'open') await refuseEvents(db, month, wait);
  await untilStamped(db, month, wait);
  await moveToPast(db, month, wait);
};

/** The lock waits for the transactions that have written into the month. Whoever comes later is refused: `StreamClosed`. */
const refuseEvents = (db: Database, month: number, wait: WaitOptions): Promise<void> =>
  locking(db, `closing ${month}`, wait, (tx) =>
    tx.query(`alter table ${tableOf(month)} add constraint ${CLOSED} check (false) not valid`),
  );

/** What is not stamped when the table leaves `es.events` would never get a position. */
const untilStamped = async (db: Database, month: number, { say, signal, withinMs }: WaitOptions): Promise<void> => {
  const until = performance.now() + withinMs;
  for (let saidAt = performance.now(); await hasUnstamped(db, month); ) {
    if (performance.now() > until)
      throw new Error(`events of ${month} have no position yet: this waits for a running process of the service`);
    if (performance.now() - saidAt > SAY_MS) {
      say('retention waits until all events have their positions', { month });
      saidAt = performance.now();
    }
    await delay(POLL_MS, undefined, { signal });
  }
};

/** By the rule of `es.stamp`. While a pass is not complete (`target`), some of those found have their positions already. */
const hasUnstamped = async (on: Pick<Queryable, 'query'>, month: number): Promise<boolean> => {
  const [row] = await on.query<{ found: boolean }>(`
    select exists (
      select from es.logs g
       cross join lateral generate_series(g.log * 100, g.log * 100 + g.partitions - 1) p (partition)
        left join lateral (
          select x.snapshot from es.log x where x.partition = p.partition order by x.position desc limit 1) h on true
       cross join lateral (
          select 1 from ${tableOf(month)} e
           where e.partition = p.partition and e.transaction_id >= pg_snapshot_xmax(coalesce(h.snapshot, '1:1:'))
          union all
          select 1 from ${tableOf(month)} e
           where e.partition = p.partition and e.transaction_id = any (array(select pg_snapshot_xip(h.snapshot)))) u) as found`);
  return row?.found === true;
};

/**
 * In one transaction, so that at no moment a stream is in neither table. The check saves `attach` from reading the table under the lock.
 */
const moveToPast = async (db: Database, month: number, wait: WaitOptions): Promise<void> => {
  const table = tableOf(month);
  const limit = { timeoutMs: 3_600_000 };
  const isKnown = await db.query(
    `select from pg_constraint where conrelid = $1::regclass and conname = 'of_month' and convalidated`,
    [table],
  );
  if (isKnown.length === 0) {
    await locking(db, `checking ${month}`, wait, (tx) =>
      tx.query(
        `alter table ${table} drop constraint if exists of_month, add constraint of_month check (month = ${month}) not valid`,
      ),
    );
    await db.transaction((tx) => tx.query(`alter table ${table} validate constraint of_month`), limit);
  }
  await locking(db, `moving ${month}`, wait, async (tx) => {
    await tx.query('lock table es.events in access exclusive mode');
    const unstamped = await tx.query<{ name: string }>(
      `select i.indexrelid::regclass::text as name
         from pg_inherits h join pg_index i on i.indexrelid = h.inhrelid
        where h.inhparent = 'es.events_unstamped'::regclass and i.indrelid = $1::regclass`,
      [table],
    );
    await tx.query(`alter table es.events detach partition ${table}`);
    for (const { name } of unstamped) await tx.query(`drop index ${name}`);
    await tx.query(`alter table es.past attach partition ${table} for values in (${month})`);
    await tx.query(`alter table ${table} drop constraint of_month`);
  });
};
