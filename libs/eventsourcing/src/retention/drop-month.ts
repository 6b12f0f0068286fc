import type { Database } from '@crossroads/database';
import type { ArchiveStore } from './archive/archive-store.js';
import { ArchiveDamaged } from './archive/archive-store.js';
import { verifyArchive } from './archive/verify-archive.js';
import { tableOf } from './months.js';
import { locking, type WaitOptions } from './locking.js';

interface Archived {
  readonly name: string;
  readonly sha256: Buffer;
}

/**
 * Drops an archived month that every reader of the log has passed. The archive is read once more before. Returns who keeps it; nothing
 * when it was dropped.
 */
export const dropMonth = async (
  db: Database,
  month: number,
  store: ArchiveStore,
  wait: WaitOptions,
): Promise<readonly string[]> => {
  const [archived] = await db.query<Archived>('select name, sha256 from es.archives where month = $1', [month]);
  if (archived === undefined) return ['it is not archived'];
  const readers = await readersBefore(db, month);
  if (readers.length > 0) return readers;
  const { sha256 } = await verifyArchive(store, archived.name);
  if (sha256 !== archived.sha256.toString('hex'))
    throw new ArchiveDamaged(archived.name, 'is another one than was made');
  await locking(db, `dropping ${month}`, wait, async (tx) => {
    await tx.query(`drop table ${tableOf(month)}`);
    await tx.query('update es.archives set dropped_at = clock_timestamp() where month = $1', [month]);
  });
  return [];
};

/**
 * Readers of this log are those with steps in a partition of it; readers of other services' logs have the id of the log in their name.
 * While nobody has read the log, all of it is kept.
 */
const READERS = `
  with own as (
    select s.reader, s.partition, max(s.position) as position from es.steps s
     where s.partition >= 100 and s.reader !~ ' [0-9a-f]{8}-[0-9a-f-]{27} [0-9]+$' group by 1, 2),
  readers as (select distinct reader from own)
  select r.reader from readers r
   where exists (select from es.archives a cross join lateral jsonb_each_text(a.places) p
                  where a.month = $1 and coalesce((select o.position from own o where o.reader = r.reader
                    and o.partition = p.key::smallint), 0) < p.value::bigint)
  union all
  select 'nobody has read it yet' where not exists (select from readers)
  order by 1`;

const readersBefore = async (db: Database, month: number): Promise<string[]> =>
  (await db.query<{ reader: string }>(READERS, [month])).map(({ reader }) => reader);
