import { readFileSync } from 'node:fs';
import type { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { eventually } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import pg from 'pg';
import { wordsOf } from '../src/message/subject-words.js';
import { newMessage, openMailboxes, outcomesOf, provider, publications } from './publishing.js';
import { World } from './world.js';

/**
 * Messages published a second, in bulk and by single calls, beside plain inserts of the same rows with the same indexes:
 * `node services/ebox/dist/test/publish.bench.js`. `npm run bench -- ebox-publish` starts it on a durable server. Progress goes to the
 * error output, the figures as JSON to the other. `EBOX_NODE_OPTIONS=--cpu-prof` profiles the service.
 */
/** By default as in the image. */
const { EBOX_MESSAGES = '20000', EBOX_NODE_OPTIONS = '--max-semi-space-size=16 --heap-growing-percent=200' } =
  process.env;
const MESSAGES = Number(EBOX_MESSAGES);
const SINGLE = Math.round(MESSAGES / 4);
const WARM_UP = 3_000;
const READERS = 2_000;
const CLIENTS = 32;
const BATCH_SIZE = 500;
/** As the service. */
const IN_FLIGHT = 2;

export interface PublishFigures {
  readonly messages: number;
  readonly bulkPerSecond: number;
  readonly plainBulkPerSecond: number;
  readonly singlePerSecond: number;
  readonly plainSinglePerSecond: number;
  /** Of the service's process and of this one, a message in bulk. */
  readonly cpuMs: { readonly service: number; readonly client: number };
  readonly bytesPerMessage: number;
  /** As it is stored: sealed, in base64, and the hashes of its words with their index. */
  readonly subjectBytes: number;
  readonly bytesByRelation: Readonly<Record<string, number>>;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Linux only; elsewhere 0. */
const cpuOf = (pid: number | undefined): number => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
};

const perSecond = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return count / ((performance.now() - from) / 1_000);
};

/** Some at a time. */
const inParallel = async <Item>(items: readonly Item[], workers: number, work: (item: Item) => Promise<unknown>) => {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
};

const inBatches = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));

type Row = Record<string, unknown>;

/** A table with the rows of another one, and an insert of several. */
const plainTable = async (pool: pg.Pool, table: string, where: string) => {
  const name = `plain_${table.replace('.', '_')}`;
  await pool.query(`create table ${name} (like ${table} including all excluding identity)`);
  const { rows: columns } = await pool.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  const asText = columns.map((column) => `${column.name}::text`).join();
  const { rows } = await pool.query<Row>(`select ${asText} from ${table} where ${where}`);
  const types = columns.map(({ name: column, type }) => `r.${column}::${type}`).join();
  const text = `insert into ${name} select ${types} from unnest(${columns.map((_, n) => `$${n + 1}::text[]`).join()})
    as r (${columns.map((column) => column.name).join()})`;
  const insert = (on: pg.PoolClient, some: readonly Row[]) =>
    on.query({ name, text, values: columns.map((column) => some.map((row) => row[column.name])) });
  return { rows, insert, empty: () => pool.query(`truncate ${name}`) };
};

/** The rows of both tables, inserted in transactions of this size. */
const plainInserts = async (url: string, from: string, size: number, workers: number, count: number) => {
  const pool = new pg.Pool({ connectionString: url, max: workers });
  try {
    const [events, messages] = [
      await plainTable(pool, 'es.events', `stream_id >= '${from}' and revision = 1`),
      await plainTable(pool, 'messages', `message_id >= '${from}'`),
    ];
    const rowOf = new Map(messages.rows.map((row) => [row['message_id'], row]));
    const pairs = events.rows.slice(0, count).map((event) => ({ event, message: rowOf.get(event['stream_id']) ?? {} }));
    const write = async (some: readonly { readonly event: Row; readonly message: Row }[]) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await events.insert(
          client,
          some.map(({ event }) => event),
        );
        await messages.insert(
          client,
          some.map(({ message }) => message),
        );
        await client.query('commit');
      } finally {
        client.release();
      }
    };
    const batches = inBatches(pairs, size);
    await inParallel(batches.slice(0, Math.ceil(batches.length / 10)), workers, write);
    await events.empty();
    await messages.empty();
    const rate = await perSecond(pairs.length, () => inParallel(batches, workers, write));
    await pool.query('drop table plain_es_events, plain_messages');
    return rate;
  } finally {
    await pool.end();
  }
};

const SUBJECT = {
  nl: 'Beslissing over uw kinderbijslag voor dit jaar',
  fr: 'Décision relative à vos allocations familiales',
  de: '',
  en: '',
};

const SUBJECT_TEXT_BYTES = Math.round((Buffer.byteLength(JSON.stringify({ nl: SUBJECT.nl, fr: SUBJECT.fr })) * 4) / 3);
/** An array of 64-bit integers in PostgreSQL. */
const HASHES_BYTES = 24 + 8 * wordsOf(SUBJECT.nl, SUBJECT.fr).length;

const run = async (): Promise<PublishFigures> => {
  const mesh = await TestMesh.start('ebox');
  try {
    const world = await World.create(mesh);
    const fund = await provider(world);
    const running = await mesh.startProcess({
      nodeOptions: EBOX_NODE_OPTIONS.split(' '),
      env: { LOG_LEVEL: 'warn' },
    });
    const client = publications(world, running, fund);
    await eventually(() => client.listMessageTypes({}).then(Boolean, () => false), Boolean);
    const readers = Array.from({ length: READERS }, () => world.person());
    await openMailboxes(
      world,
      readers.map(({ personId }) => personId),
    );
    const messages = (count: number): NewMessage[] =>
      Array.from({ length: count }, (_, n) =>
        newMessage(fund, readers[(n * 7) % READERS] ?? { ssin: '' }, { subject: SUBJECT }),
      );
    const publishAll = async (all: readonly NewMessage[]) => {
      const outcomes = await outcomesOf(client, all);
      if (outcomes.some((outcome) => !outcome.includes('-'))) throw new Error('a message was refused');
      return outcomes;
    };
    say('ebox-publish: warming up');
    await publishAll(messages(WARM_UP));
    const sizesBefore = await sizes(mesh);

    const bulk = messages(MESSAGES);
    let first = '';
    const cpu = [cpuOf(running.pid), cpuOf(process.pid)] as const;
    const bulkPerSecond = await perSecond(MESSAGES, async () => {
      [first = ''] = await publishAll(bulk);
    });
    const cpuMs = {
      service: (cpuOf(running.pid) - cpu[0]) / MESSAGES,
      client: (cpuOf(process.pid) - cpu[1]) / MESSAGES,
    };
    say(
      `ebox-publish: ${bulkPerSecond.toFixed(0)}/s in bulk; cpu ms: service ${cpuMs.service.toFixed(3)}, client ${cpuMs.client.toFixed(3)}`,
    );
    const bytesByRelation = await growth(mesh, sizesBefore, MESSAGES);

    const singlePerSecond = await perSecond(SINGLE, () =>
      inParallel(messages(SINGLE), CLIENTS, (message) => client.publishMessage({ message })),
    );
    say(`ebox-publish: ${singlePerSecond.toFixed(0)}/s by ${CLIENTS} callers`);
    await running.stop();
    const url = mesh.database.adminUrl;
    const plainBulkPerSecond = await plainInserts(url, first, BATCH_SIZE, IN_FLIGHT, MESSAGES);
    say(`ebox-publish: plain inserts of ${BATCH_SIZE} ${plainBulkPerSecond.toFixed(0)}/s`);
    const plainSinglePerSecond = await plainInserts(url, first, 1, CLIENTS, SINGLE);
    say(`ebox-publish: plain inserts of one ${plainSinglePerSecond.toFixed(0)}/s`);
    return {
      messages: MESSAGES,
      bulkPerSecond,
      plainBulkPerSecond,
      singlePerSecond,
      plainSinglePerSecond,
      cpuMs,
      bytesPerMessage: Object.values(bytesByRelation).reduce((sum, bytes) => sum + bytes, 0),
      subjectBytes: SUBJECT_TEXT_BYTES + HASHES_BYTES + (bytesByRelation['messages_words'] ?? 0),
      bytesByRelation,
    };
  } finally {
    await mesh.stop();
  }
};

/** Bytes of each table's heap and of each index, of tables that grow with messages. */
const sizes = async ({ database }: TestMesh): Promise<Map<string, number>> => {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; bytes: string }>(
      `select c.relname as name, case c.relkind when 'i' then pg_relation_size(c.oid) else pg_table_size(c.oid) end as bytes
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', 'es') and c.relkind in ('r', 'i')
         and c.relname !~ '^(mailboxes|consents|delegations)'`,
    );
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
  } finally {
    await client.end();
  }
};

const growth = async (
  mesh: TestMesh,
  before: ReadonlyMap<string, number>,
  messages: number,
): Promise<Record<string, number>> =>
  Object.fromEntries(
    [...(await sizes(mesh))]
      .map(([name, bytes]) => [name, Math.round((bytes - (before.get(name) ?? 0)) / messages)] as const)
      .filter(([, bytes]) => bytes > 0),
  );

process.stdout.write(`${JSON.stringify(await run())}\n`);
