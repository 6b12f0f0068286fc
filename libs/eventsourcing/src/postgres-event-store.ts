import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Database, Executor, Tx } from '@crossroads/database';
import { RequestIdReused, WrongExpectedRevision } from './errors.js';
import type { AppendOptions, Cursor, EventStore, Json, Recorded, RequestKey, StreamAppend } from './event-store.js';
import { keyOf } from './request-key.js';
import { tracedAppend } from './traced-append.js';

/** One append of several that travel together. */
export interface Append {
  readonly appends: readonly StreamAppend[];
  readonly options?: AppendOptions;
}

const columns = `transaction_id, position, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata,
  recorded_at`;

/** The query behind every reader of the log; a spec looks at its plan. */
export const LOG_QUERY = {
  name: 'es-read-log',
  text: `select ${columns} from es.events
    where revision > 0 and (transaction_id, position) > ($1::xid8, $2::bigint)
      and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id, position limit $3`,
};

const ANSWER_QUERY = {
  name: 'es-answer',
  text: 'select request_hash, answer from es.events where request_key = $1',
};

// Each key is looked up by itself: statistics of a table that grows fast would make a plan that reads it whole.
const ANSWERS_QUERY = {
  name: 'es-answers',
  text: `select kept.request_hash, kept.answer, kept.stream_id
    from unnest($1::bytea[]) with ordinality as asked (request_key, n)
    left join lateral (select e.request_hash, e.answer, e.stream_id from es.events e where e.request_key = asked.request_key limit 1)
      kept on true
    order by asked.n`,
};

const STREAM_QUERY = {
  name: 'es-read-stream',
  text: `select ${columns} from es.events where stream_id = $1 and revision >= $2 order by revision`,
};

const STREAMS_QUERY = {
  name: 'es-read-streams',
  text: `select ${columns} from es.events where stream_id = any($1) and revision > 0 order by stream_id, revision`,
};

// Each stream is looked up by itself, as in `es-answers`.
const STREAMS_AFTER_QUERY = {
  name: 'es-read-streams-after',
  text: `select e.* from unnest($1::text[], $2::bigint[]) asked (id, after) cross join lateral (
      select ${columns} from es.events where stream_id = asked.id and revision > asked.after order by revision) e`,
};

const LAST_QUERY = {
  name: 'es-read-last',
  text: `select ${columns} from es.events where stream_id = $1 and revision > 0 order by revision desc limit 1`,
};

const APPEND = { name: 'es-append', text: 'select es.append($1)' };

const ROW = `insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata,
    request_key, request_hash, answer)`;

/** A single row is inserted, or the race is lost. That takes a fifth less time than `es.append`, which several rows need. */
const APPEND_FIRST = {
  name: 'es-append-first',
  text: `${ROW} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
};

const APPEND_NEXT = {
  name: 'es-append-next',
  text: `${ROW} select $1::text, $2, $3::bigint, $4::uuid, $5, $6::smallint, $7::jsonb, $8::jsonb, $9::bytea, $10::bytea, $11::jsonb
    where exists (select from es.events where stream_id = $1::text and revision = $3::bigint - 1)
    on conflict do nothing`,
};

export class PostgresEventStore implements EventStore {
  constructor(
    private readonly db: Database,
    private readonly on: Executor = db,
    private readonly appended: () => void = () => db.session.logGrown(),
  ) {}

  /**
   * The same store inside a transaction of the caller's. Append before anything else is written in it. A lost race ends the
   * transaction: run it again as a whole.
   */
  inTransaction(tx: Tx): PostgresEventStore {
    return new PostgresEventStore(this.db, tx, () => tx.afterCommit(() => this.db.session.logGrown()));
  }

  async answerTo(request: RequestKey): Promise<{ readonly answer: Json } | undefined> {
    const rows = await this.on.query<{ request_hash: Buffer; answer: Json }>(ANSWER_QUERY, [`\\x${keyOf(request)}`]);
    const kept = rows[0];
    if (!kept) return undefined;
    if (!kept.request_hash.equals(request.hash)) throw new RequestIdReused();
    return { answer: kept.answer };
  }

  /**
   * The stored answers of many requests, in their order, each with the stream that its first event is in: nothing for a new request,
   * the error for an id that was used with another body.
   */
  async answersTo(
    requests: readonly RequestKey[],
  ): Promise<({ readonly answer: Json; readonly streamId: string } | RequestIdReused | undefined)[]> {
    const keys = requests.map((request) => `\\x${keyOf(request)}`);
    const rows = await this.on.query<{ request_hash: Buffer | null; answer: Json; stream_id: string }>(ANSWERS_QUERY, [
      keys,
    ]);
    return rows.map(({ request_hash: hash, answer, stream_id: streamId }, index) => {
      if (hash === null) return undefined;
      return hash.equals(requests[index]?.hash ?? Buffer.alloc(0)) ? { answer, streamId } : new RequestIdReused();
    });
  }

  async readStream(streamId: string, fromRevision = 1n): Promise<Recorded[]> {
    const from = fromRevision < 1n ? 1n : fromRevision;
    return (await this.on.query<EventRow>(STREAM_QUERY, [streamId, from])).map(toRecorded);
  }

  async readStreams(
    streamIds: readonly string[],
    after: ReadonlyMap<string, bigint> = new Map(),
  ): Promise<Map<string, Recorded[]>> {
    const streams = new Map<string, Recorded[]>(streamIds.map((id) => [id, []]));
    const ids = [...streams.keys()];
    const rows = await (after.size === 0
      ? this.on.query<EventRow>(STREAMS_QUERY, [ids])
      : this.on.query<EventRow>(STREAMS_AFTER_QUERY, [ids, ids.map((id) => after.get(id) ?? 0n)]));
    for (const row of rows) streams.get(row.stream_id)?.push(toRecorded(row));
    return streams;
  }

  /** The last event of a stream, for those whose state it holds whole. */
  async readLast(streamId: string): Promise<Recorded | undefined> {
    const [last] = await this.on.query<EventRow>(LAST_QUERY, [streamId]);
    return last && toRecorded(last);
  }

  append(appends: readonly StreamAppend[], options: AppendOptions = {}): Promise<void> {
    return tracedAppend(appends, (traced) => this.appendAll([{ appends: traced, options }]));
  }

  /** Several appends in one statement, all or nothing. No stream may be in it twice. */
  async appendAll(batch: readonly Append[]): Promise<void> {
    const rows = batch.flatMap(toRows);
    const [only, another] = rows;
    if (!only) return;
    try {
      if (!another) await this.appendOne(only, batch);
      else {
        refuseRepeated(batch);
        await this.on.query(APPEND, [JSON.stringify(rows)]);
      }
    } catch (error) {
      throw meaningOf(error);
    }
    this.appended();
  }

  private async appendOne(row: AppendRow, batch: readonly Append[]): Promise<void> {
    const inserted = await this.on.execute(row.after === undefined ? APPEND_FIRST : APPEND_NEXT, toParams(row));
    if (inserted > 0) return;
    await this.refuseReused(batch);
    throw new WrongExpectedRevision();
  }

  private async refuseReused(batch: readonly Append[]): Promise<void> {
    for (const { options } of batch) if (options?.request) await this.answerTo(options.request);
  }

  async readLog(after: Cursor, limit: number): Promise<Recorded[]> {
    const rows = await this.on.query<EventRow>(LOG_QUERY, [after.transactionId, after.position, limit]);
    return rows.map(toRecorded);
  }
}

/** What `es.append` reads; bytes are in PostgreSQL's hexadecimal form. */
interface AppendRow {
  readonly stream_id: string;
  readonly stream_type: string;
  readonly revision: number;
  /** The revision that must be there already. */
  readonly after?: number | undefined;
  readonly event_id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly data: Json;
  readonly metadata: Json;
  readonly request_key?: string;
  readonly request_hash?: string;
  readonly answer?: Json;
}

const toRows = ({ appends, options = {} }: Append): AppendRow[] => {
  const { request, answer = null } = options;
  const rows = appends.flatMap(({ streamId, streamType, expectedRevision, events }) =>
    events.map(
      (event, index): AppendRow => ({
        stream_id: streamId,
        stream_type: streamType,
        revision: Number(expectedRevision) + index + 1,
        after: index === 0 && expectedRevision > 0n ? Number(expectedRevision) : undefined,
        event_id: event.id ?? randomUUID(),
        type: event.type,
        schema_version: event.schemaVersion ?? 1,
        data: event.data,
        metadata: event.metadata ?? {},
      }),
    ),
  );
  if (!request) return rows;
  const key = keyOf(request);
  const kept = { request_key: `\\x${key}`, request_hash: `\\x${Buffer.from(request.hash).toString('hex')}`, answer };
  const [first, ...others] = rows;
  return first ? [{ ...first, ...kept }, ...others] : [{ ...requestRow(key), ...kept }];
};

/** Revision 0: the request alone, in no stream and not in the log. */
const requestRow = (key: string): AppendRow => ({
  stream_id: key,
  stream_type: '',
  revision: 0,
  event_id: randomUUID(),
  type: '',
  schema_version: 1,
  data: {},
  metadata: {},
});

const toParams = (row: AppendRow): unknown[] => [
  row.stream_id,
  row.stream_type,
  row.revision,
  row.event_id,
  row.type,
  row.schema_version,
  JSON.stringify(row.data),
  JSON.stringify(row.metadata),
  row.request_key,
  row.request_hash,
  row.answer === undefined ? undefined : JSON.stringify(row.answer),
];

/** A stream twice would lose against itself: a statement does not see the rows that it inserts. */
const refuseRepeated = (batch: readonly Append[]): void => {
  const ids = batch.flatMap(({ appends }) => appends.filter((a) => a.events.length > 0).map((a) => a.streamId));
  if (new Set(ids).size < ids.length) throw new TypeError('a stream may stand only once in an append');
};

const LOST_RACE = new Set([
  '40001', // es.append, or a serialization failure
  '40P01', // two appends to the same streams in another order
  '23505', // the revision, or the request, is there already
]);

const meaningOf = (error: unknown): unknown => {
  if (!(error instanceof pg.DatabaseError)) return error;
  if (error.code === 'ES001') return new RequestIdReused();
  if (LOST_RACE.has(error.code ?? '')) return new WrongExpectedRevision();
  return error;
};

/** Whether nothing was stored for sure: the server, or the store itself, said no. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof RequestIdReused ||
  error instanceof TypeError ||
  error instanceof pg.DatabaseError;

interface EventRow {
  readonly transaction_id: bigint;
  readonly position: bigint;
  readonly stream_id: string;
  readonly stream_type: string;
  readonly revision: bigint;
  readonly event_id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly data: Json;
  readonly metadata: Readonly<Record<string, Json>>;
  readonly recorded_at: Date;
}

const toRecorded = (row: EventRow): Recorded => ({
  id: row.event_id,
  streamId: row.stream_id,
  streamType: row.stream_type,
  revision: row.revision,
  type: row.type,
  schemaVersion: row.schema_version,
  data: row.data,
  metadata: row.metadata,
  recordedAt: row.recorded_at,
  cursor: { transactionId: row.transaction_id, position: row.position },
});
