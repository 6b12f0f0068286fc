import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  Commands,
  eventStoreMigrations,
  uuidV7,
  PostgresEventStore,
  type RequestKey,
  WrongExpectedRevision,
} from '@crossroads/eventsourcing';
import { commandsContract } from '@crossroads/eventsourcing/commands.contract';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

commandsContract('a command on the event store in PostgreSQL', async () => {
  const database = await testDatabase(...eventStoreMigrations);
  const db = await openDatabase({ url: database.url });
  const close = async () => {
    await db.close();
    await database.drop();
  };
  return { store: new PostgresEventStore(db), close };
});

describe('a command that writes rows', () => {
  let database: TestDatabase;
  let db: Database;
  let store: PostgresEventStore;
  let commands: Commands;
  let streamId: string;

  beforeAll(async () => {
    database = await testDatabase(...eventStoreMigrations);
    const owner = new pg.Client({ connectionString: database.migratorUrl });
    await owner.connect();
    await owner.query('create table rows (stream_id text not null, n int not null, check (n < 100))');
    await owner.query(`grant select, insert, update on rows to ${database.appRole}`);
    await owner.end();
    db = await openDatabase({ url: database.url });
    store = new PostgresEventStore(db);
    commands = new Commands(store, db);
  });
  beforeEach(() => {
    streamId = randomUUID();
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const append = (expectedRevision = 0n) => ({
    streamId,
    streamType: 't',
    expectedRevision,
    events: [{ type: 'T', data: 1 }],
  });
  const rows = () => db.query<{ n: number }>('select n from rows where stream_id = $1', [streamId]);
  const write =
    (n: number) =>
    ({ query }: Pick<Database, 'query'>) =>
      query('insert into rows (stream_id, n) values ($1, $2)', [streamId, n]);
  const requestKey = (): RequestKey => ({
    institution: '0206731645',
    rpc: '/crossroads.test.v1.Test/Write',
    requestId: uuidV7(),
    hash: new Uint8Array(32),
  });

  it('writes them in the transaction of the append', async () => {
    const decide = async () => ({ appends: [append()], answer: 'done', writeRows: write(1) });
    expect(await commands.execute({ decide })).toBe('done');
    expect(await rows()).toEqual([{ n: 1 }]);
    expect(await store.readStream(streamId)).toHaveLength(1);
  });

  it('appends nothing when a row is refused, and does not store the answer', async () => {
    const request = requestKey();
    const decide = async () => ({ appends: [append()], answer: 'done', writeRows: write(100) });
    await expect(commands.execute({ request, decide })).rejects.toThrow('violates check constraint');
    expect(await store.readStream(streamId)).toEqual([]);
    expect(await store.answerTo(request)).toBeUndefined();
  });

  it('writes no row when it loses its race', async () => {
    const decide = async () => ({ appends: [append(7n)], answer: 'done', writeRows: write(1) });
    const lost = commands.execute({ decide, retry: { attempts: 2, jitterMs: 0 } });
    await expect(lost).rejects.toThrow(WrongExpectedRevision);
    expect(await rows()).toEqual([]);
  });

  it('writes them once for a repeated request', async () => {
    const request = requestKey();
    const decide = async () => ({ appends: [append()], answer: 'done', writeRows: write(1) });
    expect(await commands.execute({ request, decide })).toBe('done');
    expect(await commands.execute({ request, decide })).toBe('done');
    expect(await rows()).toEqual([{ n: 1 }]);
  });

  it('decides in the transaction when it asks to, on rows that it locks', async () => {
    await db.query('insert into rows (stream_id, n) values ($1, 0)', [streamId]);
    const increment = () =>
      commands.execute({
        decidesInTransaction: true,
        decide: async ({ tx }) => {
          if (!tx) throw new TypeError('no transaction');
          const [row] = await tx.query<{ n: number }>('select n from rows where stream_id = $1 for update', [streamId]);
          const n = (row?.n ?? 0) + 1;
          const writeRows = () => tx.query('update rows set n = $2 where stream_id = $1', [streamId, n]);
          return { appends: [append(BigInt(n - 1))], answer: n, writeRows };
        },
      });
    const answers = await Promise.all(Array.from({ length: 5 }, increment));
    expect(answers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(await rows()).toEqual([{ n: 5 }]);
  });
});

afterAll(async () => (await testPostgres()).stop());
