import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BatchingAppender } from './batching-appender.js';
import { type Database, openDatabase } from '@crossroads/database';
import { type HeldPartitions, LogStamper } from './log/log-stamper.js';
import { holdLog } from './log/log-leases.js';
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
  /** From the commit of an append to its position, at 500 appends a second. */
  readonly position: Quantiles;
  /** One pass of the stamper meanwhile. */
  readonly pass: Quantiles & { readonly count: number };
  /** `select 1` meanwhile, over a connection of the same pool: what machine, driver and pool take of each of these. */
  readonly roundTrip: Quantiles;
}

interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Measures in turns, so that other work on the machine hits all alike; the median round counts. Needs a migrated database. */
export const benchAppend = async (
  databaseUrl: string,
  progress: (line: string) => void = () => undefined,
): Promise<AppendFigures> => {
  const db = await openDatabase({ url: databaseUrl, poolSize: CLIENTS });
  try {
    const store = new PostgresEventStore(db);
    const leases = holdLog(db);
    // It works during all rounds, since what is appended gets its position meanwhile.
    const stamper = new LogStamper({ db, leases, onError: () => progress('append: a pass of the stamper failed') });
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
    await stamper.close();
    const latencies = await positionLatency(db, store, leases, progress);
    await leases.close();
    const ratios = rates.append.map((appends, round) => appends / (rates.insert[round] ?? Number.NaN));
    return {
      appendsPerSecond: median(rates.append),
      insertsPerSecond: median(rates.insert),
      ratio: median(ratios),
      ...latencies,
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
      text: `insert into es.events (month, partition, stream_id, stream_type, revision, event_id, type, schema_version, data, metadata)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    },
    [
      0,
      Math.floor(Math.random() * 16),
      randomUUID(),
      'bench',
      1,
      randomUUID(),
      'Measured',
      1,
      JSON.stringify(DATA),
      JSON.stringify(METADATA),
    ],
  );

const POSITION_RATE = 500;
const POSITION_SECONDS = 6;

/** Appends at a steady rate, and waits for the position of each. */
const positionLatency = async (
  db: Database,
  store: PostgresEventStore,
  leases: HeldPartitions,
  progress: (line: string) => void,
): Promise<Pick<AppendFigures, 'position' | 'pass' | 'roundTrip'>> => {
  progress(`append: ${POSITION_RATE} a second for ${POSITION_SECONDS} s`);
  const [passes, roundTrips]: [number[], number[]] = [[], []];
  const timed = <Answer>(into: number[], ask: () => Promise<Answer>): Promise<Answer> => {
    const asked = performance.now();
    return ask().finally(() => into.push(performance.now() - asked));
  };
  const stamper = new LogStamper({
    db: { session: db.session, query: (sql, params) => timed(passes, () => db.query(sql, params)) },
    leases,
    onError: () => progress('append: a pass of the stamper failed'),
  });
  const pings = setInterval(() => void timed(roundTrips, () => db.query('select 1')), 10);
  const committedAt = new Map<string, number>();
  const stampedAt = new Map<string, number>();
  stamper.onStamped((events) => {
    for (const { id } of events) stampedAt.set(id, performance.now());
  });
  const appends: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < POSITION_RATE * POSITION_SECONDS; n++) {
    await delay(Math.max(0, start + (n * 1_000) / POSITION_RATE - performance.now()));
    const [append, id] = [someAppend(), randomUUID()];
    const events = append.events.map((event) => ({ ...event, id }));
    appends.push(store.append([{ ...append, events }]).then(() => committedAt.set(id, performance.now())));
  }
  await Promise.all(appends);
  for (const until = performance.now() + 10_000; stampedAt.size < committedAt.size && performance.now() < until; )
    await delay(10);
  clearInterval(pings);
  await stamper.close();
  const latencies = [...committedAt].map(([id, at]) => Math.max(0, (stampedAt.get(id) ?? Infinity) - at));
  return {
    position: quantilesOf(latencies),
    pass: { ...quantilesOf(passes), count: passes.length },
    roundTrip: quantilesOf(roundTrips),
  };
};

const quantilesOf = (values: readonly number[]): Quantiles => {
  const sorted = values.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
};

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
