import { randomUUID } from 'node:crypto';
import { BatchingAppender } from './batching-appender.js';
import { type Database, openDatabase } from '@crossroads/database';
import { PostgresEventStore } from './postgres-event-store.js';

const CLIENTS = 16;
const ROUNDS = 9;
const ROUND_MS = 400;

export interface AppendFigures {
  /** One event each, by 16 clients, per second. */
  readonly appendsPerSecond: number;
  /** A plain prepared insert of the same row into the same table and indexes, in the same run. */
  readonly insertsPerSecond: number;
  /** Appends ÷ inserts: the median of the rounds' own. */
  readonly ratio: number;
  /** By 256 callers, through a `BatchingAppender`. */
  readonly batchedPerSecond: number;
}

/** Measures in turns, so that other work on the machine hits all alike; the median round counts. Needs a migrated database. */
export const benchAppend = async (
  databaseUrl: string,
  progress: (line: string) => void = () => undefined,
): Promise<AppendFigures> => {
  const db = await openDatabase({ url: databaseUrl, poolSize: CLIENTS });
  try {
    const store = new PostgresEventStore(db);
    const batching = new BatchingAppender(store);
    const ways = {
      insert: () => plainInsert(db),
      append: () => store.append([someAppend()]),
      batched: () => batching.append([someAppend()]),
    };
    const rates: Record<keyof typeof ways, number[]> = { insert: [], append: [], batched: [] };
    for (const way of [ways.insert, ways.append, ways.batched]) await rate(way, CLIENTS, ROUND_MS / 2);
    for (let round = 1; round <= ROUNDS; round++) {
      rates.insert.push(await rate(ways.insert, CLIENTS, ROUND_MS));
      rates.append.push(await rate(ways.append, CLIENTS, ROUND_MS));
      rates.batched.push(await rate(ways.batched, CLIENTS * 16, ROUND_MS));
      progress(`append: round ${round} of ${ROUNDS}`);
    }
    const ratios = rates.append.map((appends, round) => appends / (rates.insert[round] ?? Number.NaN));
    return {
      appendsPerSecond: median(rates.append),
      insertsPerSecond: median(rates.insert),
      ratio: median(ratios),
      batchedPerSecond: median(rates.batched),
    };
  } finally {
    await db.close();
  }
};

const DATA = { enterpriseNumber: '0206731645', qualityCode: '001', personId: randomUUID(), startDate: '2026-01-01' };
const METADATA = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

const someAppend = () => ({
  streamId: randomUUID(),
  streamType: 'bench',
  expectedRevision: 0n,
  events: [{ type: 'Measured', data: DATA, metadata: METADATA }],
});

const plainInsert = (db: Database) =>
  db.query(
    {
      name: 'bench-insert',
      text: `insert into es.events (stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
        values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    },
    [randomUUID(), 'bench', 1, randomUUID(), 'Measured', 1, JSON.stringify(DATA), JSON.stringify(METADATA)],
  );

const rate = async (work: () => Promise<unknown>, clients: number, ms: number): Promise<number> => {
  const start = performance.now();
  let done = 0;
  const client = async () => {
    for (; performance.now() - start < ms; done++) await work();
  };
  await Promise.all(Array.from({ length: clients }, client));
  return Math.round((done * 1000) / (performance.now() - start));
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
