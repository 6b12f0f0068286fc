import { openDatabase } from '@crossroads/database';
import { monthBefore } from '../log/partitions.js';
import { archiveMonth } from './archive/archive-month.js';
import type { ArchiveStore } from './archive/archive-store.js';
import { closeMonth } from './close-month.js';
import { dropMonth } from './drop-month.js';
import { dropSegments } from './drop-segments.js';
import { monthsOfJournal } from './months.js';
import type { Say } from './locking.js';

export interface RetentionOptions {
  /** Connects as the role that owns the tables. */
  readonly url: string;
  readonly service: string;
  /** Whole months after which a month is closed. */
  readonly openMonths: number;
  /** Months after which an archived month is dropped; undefined: never. */
  readonly keptMonths: number | undefined;
  readonly archive: ArchiveStore | undefined;
  /** @default now */
  readonly asOf?: Date;
  /** Milliseconds to wait for one lock, or for the stamper. @default 2 minutes */
  readonly withinMs?: number;
  readonly say: Say;
  readonly signal?: AbortSignal;
}

/**
 * Closes the months of the journal that are over, archives what is closed, and drops what is archived, past its time and read by all. One
 * run at a time; each step can be ended anywhere, and the next run goes on from there.
 */
export const retain = async (options: RetentionOptions): Promise<void> => {
  const { url, say, withinMs = 120_000 } = options;
  const timeouts = { statementMs: 0, transactionMs: 0, queryMs: 0 };
  const db = await openDatabase({ url, poolSize: 3, applicationName: 'retention', timeouts });
  try {
    const lease = await db.leases.take('retention');
    if (!lease) throw new Error('another process is at the retention of this database');
    const signal = options.signal ? AbortSignal.any([lease.signal, options.signal]) : lease.signal;
    await run(db, options, { say, signal, withinMs });
  } finally {
    await db.close();
  }
};

const run = async (
  db: Awaited<ReturnType<typeof openDatabase>>,
  { service, openMonths, keptMonths, archive, asOf = new Date() }: RetentionOptions,
  wait: { readonly say: Say; readonly signal: AbortSignal; readonly withinMs: number },
): Promise<void> => {
  const { say, signal } = wait;
  const closable = (await monthsOfJournal(db)).filter(({ month }) => month < monthBefore(asOf, openMonths));
  for (const month of closable) {
    if (month.state === 'past') continue;
    await closeMonth(db, month, wait);
    say('a month is closed', { month: month.month });
  }
  if (archive === undefined) return say('closed months are kept: there is no archive', {});
  const past = (await monthsOfJournal(db)).filter(({ state }) => state === 'past').map(({ month }) => month);
  const archived = await db.query<{ month: number }>('select month from es.archives');
  for (const month of past.filter((one) => !archived.some((known) => known.month === one))) {
    const { events, bytes, file } = await archiveMonth(db, month, { store: archive, service, say, signal });
    say('a month is archived, and was read back', { month, events, bytes, file, in: archive.place });
  }
  if (keptMonths === undefined) return;
  for (const month of past.filter((one) => one < monthBefore(asOf, keptMonths))) {
    const keptFor = await dropMonth(db, month, archive, wait);
    if (keptFor.length === 0) say('a month is dropped; it is in the archive', { month });
    else say('a month is kept although its time is over', { month, for: keptFor });
  }
  const segments = await dropSegments(db, wait);
  if (segments > 0) say('segments of the log are dropped', { segments });
};
