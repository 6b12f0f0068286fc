import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Database, Executor, Tx } from '@crossroads/database';
import { RequestIdReused, StreamClosed, WrongExpectedRevision } from './errors.js';
import type { AppendOptions, EventStore, Json, Recorded, RequestKey, StreamAppend } from './event-store.js';
import { mayBeClosed, monthOf, monthsOf, partitionOf } from './log/partitions.js';
import { scopeOf } from './request-key.js';
import { CLOSED } from './retention/months.js';
import { tracedAppend } from './traced-append.js';

/** One append of several that travel together. */
export interface Append {
  readonly appends: readonly StreamAppend[];
  readonly options?: AppendOptions;
}

const columns = `e.stream_id, e.stream_type, e.revision, e.event_id, e.type, e.schema_version, e.data, e.metadata, e.recorded_at`;

const ANSWER_QUERY = {
  name: 'es-answer',
  text: 'select hash, answer from es.requests where request_id = $1 and scope = $2',
};

// Each key is looked up by itself: statistics of a table that grows fast would make a plan that reads it whole.
const ANSWERS_QUERY = {
  name: 'es-answers',
  text: `select kept.hash, kept.answer
    from unnest($1::uuid[], $2::bytea[]) with ordinality as asked (request_id, scope, n)
    left join lateral (select r.hash, r.answer from es.requests r
      where r.request_id = asked.request_id and r.scope = asked.scope limit 1) kept on true
    order by asked.n`,
};

type Table = 'events' | 'past';

const streamQuery = (table: Table) => ({
  name: `es-read-stream-${table}`,
  text: `select ${columns} from es.${table} e
    where e.month = any($1::int[]) and e.stream_id = $2 and e.revision >= $3 order by e.revision`,
});

const streamsQuery = (table: Table) => ({
  name: `es-read-streams-${table}`,
  text: `select e.* from unnest($1::int[], $2::text[], $3::bigint[]) as asked (month, stream_id, after) cross join lateral (
      select ${columns} from es.${table} e
       where e.month = asked.month and e.stream_id = asked.stream_id and e.revision > asked.after order by e.revision) e`,
});

const lastQuery = (table: Table) => ({
  name: `es-read-last-${table}`,
  text: `select ${columns} from es.${table} e where e.month = any($1::int[]) and e.stream_id = $2 order by e.revision desc limit 1`,
});

/** A month goes from `es.events` to `es.past` as a whole: who looks into them in this order finds its streams. */
const STREAM = { events: streamQuery('events'), past: streamQuery('past') };
const STREAMS = { events: streamsQuery('events'), past: streamsQuery('past') };
const LAST = { events: lastQuery('events'), past: lastQuery('past') };

const IS_CLOSED = {
  name: 'es-is-closed',
  text: `select exists (select from unnest($1::int[]) m where not exists (
    select from pg_catalog.pg_inherits where inhrelid = to_regclass('es.events_' || m) and inhparent = 'es.events'::regclass)) as closed`,
};

const APPEND = { name: 'es-append', text: 'select es.append($1, $2)' };

const ROW =
  'insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)';

const FIRST = `${ROW} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/** Divides by zero unless the revision before is there, in the same partition. */
const NEXT = `${ROW} select $1::int, $2::smallint, $3::text, $4::text, $5::bigint / ((select e.revision from es.events e
      where e.month = $1::int and e.stream_id = $3::text and e.revision = $5::bigint - 1 and e.partition = $2::smallint) is not null)::int,
    $6::uuid, $7::text, $8::smallint, $9::jsonb, $10::jsonb`;

const REQUEST = 'insert into es.requests (request_id, scope, hash, answer)';

const WITH_REQUEST = `with request as (${REQUEST} values ($11, $12, $13, $14))`;

/** One event alone takes a fifth less time than through `es.append`. */
const APPEND_ONE = {
  first: { name: 'es-append-first', text: FIRST },
  next: { name: 'es-append-next', text: NEXT },
  firstWithRequest: { name: 'es-append-first-request', text: `${WITH_REQUEST} ${FIRST}` },
  nextWithRequest: { name: 'es-append-next-request', text: `${WITH_REQUEST} ${NEXT}` },
};

export class PostgresEventStore implements EventStore {
  constructor(
    private readonly db: Database,
    private readonly on: Executor = db,
    private readonly appended: (partitions: readonly number[]) => void = () => db.session.logGrown(),
  ) {}

  /** The same store inside a transaction of the caller's. A lost race ends the transaction: run it again as a whole. */
  inTransaction(tx: Tx): PostgresEventStore {
    return new PostgresEventStore(this.db, tx, (partitions) => tx.afterCommit(() => this.appended(partitions)));
  }

  async answerTo(request: RequestKey): Promise<{ readonly answer: Json } | undefined> {
    const rows = await this.on.query<AnswerRow>(ANSWER_QUERY, [request.requestId, `\\x${scopeOf(request)}`]);
    const kept = rows[0];
    if (!kept) return undefined;
    if (!kept.hash.equals(request.hash)) throw new RequestIdReused();
    return { answer: kept.answer };
  }

  /** The stored answers of many requests, in their order: nothing for a new one, the error for an id used with another body. */
  async answersTo(
    requests: readonly RequestKey[],
  ): Promise<({ readonly answer: Json } | RequestIdReused | undefined)[]> {
    const rows = await this.on.query<AnswerRow | { readonly hash: null }>(ANSWERS_QUERY, [
      requests.map(({ requestId }) => requestId),
      requests.map((request) => `\\x${scopeOf(request)}`),
    ]);
    return rows.map((row, index) => {
      if (row.hash === null) return undefined;
      return row.hash.equals(requests[index]?.hash ?? Buffer.alloc(0)) ? { answer: row.answer } : new RequestIdReused();
    });
  }

  async readStream(streamId: string, fromRevision = 1n): Promise<Recorded[]> {
    const params = [monthsOf(streamId), streamId, fromRevision];
    const rows = await this.on.query<EventRow>(STREAM.events, params);
    if (rows.length > 0 || !mayBeClosed(streamId)) return rows.map(recordedOf);
    return (await this.on.query<EventRow>(STREAM.past, params)).map(recordedOf);
  }

  async readStreams(
    streamIds: readonly string[],
    after: ReadonlyMap<string, bigint> = new Map(),
  ): Promise<Map<string, Recorded[]>> {
    const streams = new Map<string, Recorded[]>(streamIds.map((id) => [id, []]));
    const read = async (table: Table, ids: readonly string[]): Promise<void> => {
      const asked = ids.flatMap((id) => monthsOf(id).map((month) => ({ id, month })));
      const rows = await this.on.query<EventRow>(STREAMS[table], [
        asked.map(({ month }) => month),
        asked.map(({ id }) => id),
        asked.map(({ id }) => after.get(id) ?? 0n),
      ]);
      for (const row of rows) streams.get(row.stream_id)?.push(recordedOf(row));
    };
    await read('events', [...streams.keys()]);
    const past = [...streams].flatMap(([id, events]) => (events.length === 0 && mayBeClosed(id) ? [id] : []));
    if (past.length > 0) await read('past', past);
    return streams;
  }

  /** The last event of a stream, for those whose state it holds whole. */
  async readLast(streamId: string): Promise<Recorded | undefined> {
    const params = [monthsOf(streamId), streamId];
    const [last] = await this.on.query<EventRow>(LAST.events, params);
    if (last || !mayBeClosed(streamId)) return last && recordedOf(last);
    const [past] = await this.on.query<EventRow>(LAST.past, params);
    return past && recordedOf(past);
  }

  append(appends: readonly StreamAppend[], options: AppendOptions = {}): Promise<void> {
    return tracedAppend(appends, (traced) => this.appendAll([{ appends: traced, options }]));
  }

  /** Several appends in one statement, all or nothing. No stream may be in it twice. */
  async appendAll(batch: readonly Append[]): Promise<void> {
    const rows = batch.flatMap(({ appends }) => appends.flatMap(rowsOf));
    const requests = batch.flatMap(({ options }) => (options?.request ? [requestRowOf(options.request, options)] : []));
    const [only, another] = rows;
    if (!only && requests.length === 0) return;
    try {
      if (only && !another && requests.length <= 1) await this.appendOne(only, requests[0]);
      else {
        refuseRepeated(batch);
        await this.on.query(APPEND, [JSON.stringify(requests), JSON.stringify(rows)]);
      }
    } catch (error) {
      throw await this.meaningOf(error, batch);
    }
    this.appended(rows.map(({ partition }) => partition));
  }

  private async appendOne(row: AppendRow, request: RequestRow | undefined): Promise<void> {
    const isFirst = row.revision === 1;
    if (request === undefined) await this.on.execute(isFirst ? APPEND_ONE.first : APPEND_ONE.next, eventParams(row));
    else
      await this.on.execute(isFirst ? APPEND_ONE.firstWithRequest : APPEND_ONE.nextWithRequest, [
        ...eventParams(row),
        ...requestParams(request),
      ]);
  }

  /** Inside a transaction that has failed nobody can look for the request: the command does, when it starts again. */
  private async meaningOf(error: unknown, batch: readonly Append[]): Promise<unknown> {
    if (!(error instanceof pg.DatabaseError)) return error;
    if (isClosed(error)) return new StreamClosed();
    if (!LOST_RACE.has(error.code ?? '')) return error;
    // The revision before is not there either when the month was moved. On another connection, as this transaction has failed.
    if (error.code === '22012') {
      const months = monthsThatMayBeClosed(batch);
      const [row] = months.length === 0 ? [] : await this.db.query<{ closed: boolean }>(IS_CLOSED, [months]);
      if (row?.closed === true) return new StreamClosed();
    }
    if (error.table?.startsWith('requests') === true && this.on === this.db)
      for (const { options } of batch) if (options?.request) await this.answerTo(options.request);
    return new WrongExpectedRevision();
  }
}

/** Bytes are in PostgreSQL's hexadecimal form. */
interface RequestRow {
  readonly request_id: string;
  readonly scope: string;
  readonly hash: string;
  readonly answer: Json;
}

interface AppendRow {
  readonly month: number;
  readonly partition: number;
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
}

const requestRowOf = (request: RequestKey, { answer = null }: AppendOptions): RequestRow => ({
  request_id: request.requestId,
  scope: `\\x${scopeOf(request)}`,
  hash: `\\x${Buffer.from(request.hash).toString('hex')}`,
  answer,
});

const rowsOf = ({
  streamId,
  streamType,
  expectedRevision,
  events,
  routingKey,
  log = 'main',
}: StreamAppend): AppendRow[] => {
  if (events.length === 0) return [];
  const month = monthOf(log, streamId);
  const partition = partitionOf(log, routingKey ?? streamId);
  return events.map((event, index) => ({
    month,
    partition,
    stream_id: streamId,
    stream_type: streamType,
    revision: Number(expectedRevision) + index + 1,
    after: index === 0 && expectedRevision > 0n ? Number(expectedRevision) : undefined,
    event_id: event.id ?? randomUUID(),
    type: event.type,
    schema_version: event.schemaVersion ?? 1,
    data: event.data,
    metadata: event.metadata ?? {},
  }));
};

const requestParams = ({ request_id, scope, hash, answer }: RequestRow): unknown[] => [
  request_id,
  scope,
  hash,
  JSON.stringify(answer),
];

const eventParams = (row: AppendRow): unknown[] => [
  row.month,
  row.partition,
  row.stream_id,
  row.stream_type,
  row.revision,
  row.event_id,
  row.type,
  row.schema_version,
  JSON.stringify(row.data),
  JSON.stringify(row.metadata),
];

/** A stream twice would lose against itself: a statement does not see the rows that it inserts. */
const refuseRepeated = (batch: readonly Append[]): void => {
  const ids = batch.flatMap(({ appends }) => appends.filter((a) => a.events.length > 0).map((a) => a.streamId));
  if (new Set(ids).size < ids.length) throw new TypeError('a stream may stand only once in an append');
};

const LOST_RACE = new Set([
  '22012', // the revision before is not there
  '23505', // the revision, or the request, is there already
  '40001',
  '40P01', // two appends to the same streams in another order
]);

/** The constraint of a closing month, or no table for it in `es.events` any more. */
const isClosed = ({ code, table, constraint }: pg.DatabaseError): boolean =>
  code === '23514' && table?.startsWith('events') === true && (constraint === undefined || constraint === CLOSED);

const monthsThatMayBeClosed = (batch: readonly Append[]): number[] =>
  batch.flatMap(({ appends }) =>
    appends.flatMap(({ log = 'main', streamId, events }) =>
      log === 'journal' && events.length > 0 && mayBeClosed(streamId) ? [monthOf(log, streamId)] : [],
    ),
  );

/** Whether nothing was stored for sure: the server, or the store itself, said no. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof RequestIdReused ||
  error instanceof StreamClosed ||
  error instanceof TypeError ||
  error instanceof pg.DatabaseError;

interface AnswerRow {
  readonly hash: Buffer;
  readonly answer: Json;
}

export interface EventRow {
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

export const recordedOf = (row: EventRow): Recorded => ({
  id: row.event_id,
  streamId: row.stream_id,
  streamType: row.stream_type,
  revision: row.revision,
  type: row.type,
  schemaVersion: row.schema_version,
  data: row.data,
  metadata: row.metadata,
  recordedAt: row.recorded_at,
});
