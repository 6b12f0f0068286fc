import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Database } from '@crossroads/database';
import { tableOf } from '../months.js';
import type { Say } from '../locking.js';
import type { ArchiveStore } from './archive-store.js';
import { type ArchivedEvent, lineOf } from './archived-events.js';
import { type Manifest, manifestNameOf, PartitionCounts } from './manifest.js';
import { verifyArchive } from './verify-archive.js';

const PAGE = 2_000;
const SAY_MS = 2_000;
/** Of one partition. */
const TIMEOUT_MS = 6 * 3_600_000;

export interface ArchiveOptions {
  readonly store: ArchiveStore;
  /** The service whose log it is. */
  readonly service: string;
  readonly say: Say;
  readonly signal: AbortSignal;
}

/** Writes a closed month to the archive, reads it back, and notes in `es.archives` that it is there. Idempotent. */
export const archiveMonth = async (db: Database, month: number, options: ArchiveOptions): Promise<Manifest> => {
  const { store, service } = options;
  const [journal] = await db.query<{ log_id: string }>(`select log_id from es.logs where name = 'journal'`);
  const logId = journal?.log_id ?? '';
  const file = `${service}-${logId}-${month}.ndjson.gz`;
  const there = await countsOf(db, month);
  const [counts, digest] = [new PartitionCounts(), createHash('sha256')];
  let bytes = 0;
  const lines = async function* () {
    for (const partition of there.keys())
      for await (const event of eventsOf(db, month, partition, options.signal)) {
        counts.add(event);
        yield lineOf(event);
        sayNowAndThen(options.say, month, counts.events);
      }
  };
  const gzipped = async function* () {
    for await (const chunk of zipped(lines())) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await store.put(file, gzipped());
  for (const [partition, events] of there)
    if (counts.partitions[partition]?.events !== events)
      throw new Error(`${month}: partition ${partition} has ${events} events, and another number of places in the log`);
  const { events, partitions } = counts;
  const manifest = { version: 1, service, logId, month, file, sha256: digest.digest('hex'), bytes, events, partitions };
  await store.put(manifestNameOf(file), Readable.from([Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)]));
  return verifyAndNote(db, store, file);
};

/** How many bytes the archive of a month would have; nothing is kept. For benchmarks. */
export const archivedBytes = async (db: Database, month: number): Promise<number> => {
  const { signal } = new AbortController();
  const lines = async function* () {
    for (const partition of (await countsOf(db, month)).keys())
      for await (const event of eventsOf(db, month, partition, signal)) yield lineOf(event);
  };
  let bytes = 0;
  for await (const chunk of zipped(lines())) bytes += chunk.length;
  return bytes;
};

const verifyAndNote = async (db: Database, store: ArchiveStore, file: string): Promise<Manifest> => {
  const manifest = await verifyArchive(store, file);
  const places = Object.entries(manifest.partitions).map(([partition, { last }]) => [partition, last.position]);
  await db.query(
    `insert into es.archives (month, name, sha256, events, bytes, places) values ($1, $2, $3, $4, $5, $6)
     on conflict (month) do nothing`,
    [
      manifest.month,
      file,
      Buffer.from(manifest.sha256, 'hex'),
      manifest.events,
      manifest.bytes,
      JSON.stringify(Object.fromEntries(places)),
    ],
  );
  return manifest;
};

const countsOf = async (db: Database, month: number): Promise<Map<number, number>> => {
  const counted = await db.query<{ partition: number; events: number }>(
    `select partition, count(*)::int as events from ${tableOf(month)} group by 1 order by 1`,
  );
  return new Map(counted.map(({ partition, events }) => [partition, events]));
};

/** In the order of the log; the hash before an event is that of whichever event lies before it. */
const EVENTS = (month: number, partition: number) => `
  select l.partition, l.position::text, l.serial::text, encode(l.hash, 'hex') as hash, encode(l.before, 'hex') as before,
         e.stream_id as "streamId", e.stream_type as "streamType", e.revision::text, e.event_id as "eventId", e.type,
         e.schema_version as "schemaVersion",
         to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAt",
         e.metadata::text as metadata, e.data::text as data
    from (select x.*, coalesce(lag(x.hash) over (order by x.position),
                   (select t.hash from es.trimmed t where t.partition = x.partition and t.position = x.position - 1),
                   case x.position when 1 then es.seed(x.partition) end) as before
            from es.log x where x.partition = ${partition}) l
    join ${tableOf(month)} e on e.month = l.month and e.stream_id = l.stream_id and e.revision = l.revision
   where l.month = ${month} order by l.position`;

/** Through a cursor: a month is more than fits into memory. */
async function* eventsOf(
  db: Database,
  month: number,
  partition: number,
  signal: AbortSignal,
): AsyncGenerator<ArchivedEvent> {
  const client = await db.pool.connect();
  let failed = true;
  try {
    await client.query(
      `begin read only; set local statement_timeout = ${TIMEOUT_MS}; set local transaction_timeout = 0;
       set local idle_in_transaction_session_timeout = 0; declare archived no scroll cursor for ${EVENTS(month, partition)}`,
    );
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await client.query<ArchivedEvent>(`fetch ${PAGE} from archived`);
      yield* rows;
      if (rows.length < PAGE) break;
    }
    await client.query('commit');
    failed = false;
  } finally {
    // A connection in the middle of a transaction is not used again.
    client.release(failed);
  }
}

async function* zipped(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip();
  const fed = pipeline(Readable.from(lines), gzip);
  // An error reaches who reads, too.
  fed.catch(() => undefined);
  yield* gzip as AsyncIterable<Buffer>;
  await fed;
}

let saidAt = performance.now();

const sayNowAndThen = (say: Say, month: number, events: number): void => {
  if (performance.now() - saidAt < SAY_MS) return;
  saidAt = performance.now();
  say('a month is being archived', { month, events });
};
