import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ask, Behind } from '@crossroads/contracts/access/v1/access_record';
import { Receipt } from '@crossroads/contracts/access/v1/receipt';
import type { IsoDay } from '@crossroads/identifiers';
import {
  FileReceiptStore,
  type KeptReceipt,
  PostgresReceiptStore,
  RECEIPTS_TABLE,
  type ReceiptStore,
} from '@crossroads/source';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { beginRelease, newReceiptKey, opens, readReceiptKey, signReceipt } from '@crossroads/transparency';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';

const WAGES = 'employment.wages.v1';
const STATUSES = 'social.status.v1';
const key = readReceiptKey(newReceiptKey('consultation').privatePem);
/** The last second of a day by UTC, which is the next day in Brussels. */
const LATE = new Date('2026-05-01T23:59:59Z');
const DAY = '2026-05-01' as IsoDay;
const NEXT = '2026-05-02' as IsoDay;
const NOON = new Date('2026-05-02T12:00:00Z');

const keptAt = (time: Date, dataService = WAGES): KeptReceipt => {
  const named = Ask.fromPartial({ party: '0206731645', ssin: '62691699717', dataService });
  const release = beginRelease(named, Behind.fromPartial({}), time);
  const { bytes: ask, salt: askSalt } = release.ask;
  return { receipt: signReceipt(release, 'crossroads.test/2026', key), dataService, ask, askSalt };
};

const keepsReceipts = (store: () => ReceiptStore) => {
  it('keeps receipts, and counts them by data service on the UTC day of their time', async () => {
    const times = [LATE, LATE, NOON, NOON, NOON];
    await Promise.all(times.map((time) => store().keep(keptAt(time))));
    await store().keep(keptAt(NOON, STATUSES));
    expect(await store().countsOn(DAY)).toEqual(new Map([[WAGES, 2]]));
    expect(await store().countsOn(NEXT)).toEqual(
      new Map([
        [WAGES, 3],
        [STATUSES, 1],
      ]),
    );
    expect(await store().countsOn('2026-05-03' as IsoDay)).toEqual(new Map());
  });
};

describe('the store of receipts in files', () => {
  let folder: string;
  let store: FileReceiptStore;
  const fileOf = (day: IsoDay) => join(folder, `receipts-${day}.jsonl`);
  const linesOf = (day: IsoDay) => readFileSync(fileOf(day), 'utf8').trimEnd().split('\n');

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crossroads-receipts-'));
    store = await FileReceiptStore.open(folder);
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  keepsReceipts(() => store);

  it('has each receipt with the ask that it opens to, for its owner alone to read', async () => {
    const kept = keptAt(LATE);
    expect(await store.keep(kept)).toBe(true);
    expect(statSync(fileOf(DAY)).mode & 0o777).toBe(0o600);
    const [line = ''] = linesOf(DAY);
    const { receipt, ask, askSalt } = JSON.parse(line) as Record<string, string>;
    const bytes = (text = '') => Buffer.from(text, 'base64');
    expect(Receipt.decode(bytes(receipt))).toEqual(kept.receipt);
    expect(opens(kept.receipt.askCommitment, 'ask', bytes(askSalt), bytes(ask))).toBe(true);
  });

  it('loses none that was kept, and cuts off the line that a crash has torn', async () => {
    for (let n = 0; n < 3; n++) await store.keep(keptAt(NOON));
    const whole = readFileSync(fileOf(NEXT), 'utf8');
    await store.close();
    appendFileSync(fileOf(NEXT), whole.slice(0, 40));
    store = await FileReceiptStore.open(folder);
    expect(await store.countsOn(NEXT)).toEqual(new Map([[WAGES, 3]]));
    await store.keep(keptAt(NOON));
    expect(readFileSync(fileOf(NEXT), 'utf8').startsWith(whole)).toBe(true);
    expect(linesOf(NEXT).map((line) => Object.keys(JSON.parse(line) as object).length)).toEqual([5, 5, 5, 5]);
  });

  it('says so when it cannot keep one, and goes on when it can again', async () => {
    rmSync(folder, { recursive: true });
    await expect(store.keep(keptAt(NOON))).rejects.toThrow('ENOENT');
    await FileReceiptStore.open(folder);
    expect(await store.keep(keptAt(NOON))).toBe(true);
    expect(linesOf(NEXT)).toHaveLength(1);
  });
});

describe('the store of receipts in PostgreSQL', () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  let store: PostgresReceiptStore;

  beforeAll(async () => {
    database = await testDatabase();
  });
  beforeEach(async () => {
    const pool = new pg.Pool({ connectionString: database.migratorUrl, max: 2 });
    pools.push(pool);
    await pool.query(`drop table if exists receipts; ${RECEIPTS_TABLE}`);
    store = new PostgresReceiptStore(pool);
  });
  afterAll(async () => {
    for (const pool of pools) await pool.end();
    await database.drop();
    await (await testPostgres()).stop();
  });

  keepsReceipts(() => store);

  it('has each receipt with the ask that it opens to', async () => {
    const kept = keptAt(NOON);
    await store.keep(kept);
    const { rows } = await (pools.at(-1) ?? new pg.Pool()).query('select receipt, ask, ask_salt from receipts');
    const [row] = rows as { receipt: Buffer; ask: Buffer; ask_salt: Buffer }[];
    expect(Receipt.decode(row?.receipt ?? Buffer.alloc(0))).toEqual(kept.receipt);
    const [salt, ask] = [row?.ask_salt ?? Buffer.alloc(0), row?.ask ?? Buffer.alloc(0)];
    expect(opens(kept.receipt.askCommitment, 'ask', salt, ask)).toBe(true);
  });

  it('keeps a receipt once, whichever replica of the source asks', async () => {
    const [pool] = pools.slice(-1);
    const replicas = [store, new PostgresReceiptStore(pool ?? new pg.Pool())];
    const kept = keptAt(NOON);
    const answers = await Promise.all([...replicas, ...replicas].map((one) => one.keep(kept)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.countsOn(NEXT)).toEqual(new Map([[WAGES, 1]]));
  });
});
