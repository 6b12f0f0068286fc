import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  FORGOTTEN,
  type KeyProvider,
  KeyUnavailable,
  MemorySubjectKeys,
  type NamedSecret,
  PostgresSubjectKeys,
  type SubjectKeys,
  subjectKeyMigrations,
} from '@crossroads/privacy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';

/** What every implementation promises. */
const subjectKeysContract = (name: string, open: () => SubjectKeys): void =>
  describe(name, () => {
    it('makes a key when asked to, once, and keeps it', async () => {
      const [keys, person] = [open(), randomUUID()];
      expect(await keys.keyOf(person)).toBeUndefined();
      const key = await keys.keyOf(person, { create: true });
      expect(key).toHaveLength(32);
      expect(await keys.keyOf(person, { create: true })).toEqual(key);
      expect(await keys.keyOf(person)).toEqual(key);
    });

    it('gives each person another key', async () => {
      const keys = open();
      const found = await keys.keysOf([randomUUID(), randomUUID()], { create: true });
      const [one, two] = [...found.values()];
      expect(one).not.toEqual(two);
    });

    it('gives many at once, without those who have none', async () => {
      const keys = open();
      const known = Array.from({ length: 2_500 }, () => randomUUID());
      const made = await keys.keysOf(known, { create: true });
      expect(made.size).toBe(2_500);
      const found = await keys.keysOf([...known, randomUUID()]);
      expect(found).toEqual(made);
    });

    it('makes one key when many ask at once', async () => {
      const [keys, person] = [open(), randomUUID()];
      const asked = await Promise.all([
        ...Array.from({ length: 20 }, () => keys.keyOf(person, { create: true })),
        ...Array.from({ length: 20 }, async () => (await keys.keysOf([person], { create: true })).get(person)),
      ]);
      expect(new Set(asked.map((key) => (typeof key === 'object' ? key.toString('hex') : key))).size).toBe(1);
    });

    it('forgets for good', async () => {
      const [keys, person] = [open(), randomUUID()];
      await keys.keyOf(person, { create: true });
      await keys.destroy(person);
      await keys.destroy(person);
      expect(await keys.keyOf(person)).toBe(FORGOTTEN);
      expect(await keys.keyOf(person, { create: true })).toBe(FORGOTTEN);
      expect((await keys.keysOf([person], { create: true })).get(person)).toBe(FORGOTTEN);
    });

    it('forgets who never had a key, so that none is made later', async () => {
      const [keys, person] = [open(), randomUUID()];
      await keys.destroy(person);
      expect(await keys.keyOf(person, { create: true })).toBe(FORGOTTEN);
    });
  });

const providerOf = (...secrets: NamedSecret[]): KeyProvider => {
  const none = () => Promise.reject(new KeyUnavailable('not here'));
  return { newDataKey: none, dataKey: none, secret: none, secrets: async () => secrets };
};

const first: NamedSecret = { kid: 'k1', key: randomBytes(32) };
const second: NamedSecret = { kid: 'k2', key: randomBytes(32) };

subjectKeysContract('subject keys in memory', () => new MemorySubjectKeys());

describe('subject keys in PostgreSQL', () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await testDatabase(...subjectKeyMigrations);
    db = await openDatabase({ url: database.url });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  subjectKeysContract('the contract', () => new PostgresSubjectKeys({ db, keys: providerOf(first) }));

  it('agrees with other processes on one key', async () => {
    const processes = Array.from({ length: 5 }, () => new PostgresSubjectKeys({ db, keys: providerOf(first) }));
    const people = Array.from({ length: 200 }, () => randomUUID());
    const [one, ...others] = await Promise.all(processes.map((keys) => keys.keysOf(people, { create: true })));
    for (const other of others) expect(other).toEqual(one);
  });

  it('notices within its cache time that another process destroyed a key', async () => {
    let now = 1;
    const here = new PostgresSubjectKeys({ db, keys: providerOf(first), cacheMs: 30_000, now: () => now });
    const there = new PostgresSubjectKeys({ db, keys: providerOf(first) });
    const person = randomUUID();
    await here.keyOf(person, { create: true });
    await there.destroy(person);
    now = 30_002;
    expect(await here.keyOf(person)).toBe(FORGOTTEN);
  });

  it('keeps no key as it is, and nothing of a destroyed one', async () => {
    const keys = new PostgresSubjectKeys({ db, keys: providerOf(first) });
    const person = randomUUID();
    const key = await keys.keyOf(person, { create: true });
    const stored = async () =>
      (
        await db.query<{ wrapped_key: Buffer | null }>('select wrapped_key from subject_keys where person_id = $1', [
          person,
        ])
      )[0];
    expect((await stored())?.wrapped_key?.includes(typeof key === 'object' ? key : '')).toBe(false);
    await keys.destroy(person);
    expect((await stored())?.wrapped_key).toBeNull();
  });

  it('opens under an older master, and not without it', async () => {
    const person = randomUUID();
    const key = await new PostgresSubjectKeys({ db, keys: providerOf(first) }).keyOf(person, { create: true });
    expect(await new PostgresSubjectKeys({ db, keys: providerOf(second, first) }).keyOf(person)).toEqual(key);
    await expect(new PostgresSubjectKeys({ db, keys: providerOf(second) }).keyOf(person)).rejects.toThrow(
      KeyUnavailable,
    );
  });

  it('asks the database once for all that is asked at the same time', async () => {
    let queries = 0;
    const counting: Pick<Database, 'query'> = {
      query: (...asked) => {
        queries++;
        return db.query(...asked);
      },
    };
    const keys = new PostgresSubjectKeys({ db: counting, keys: providerOf(first) });
    const people = Array.from({ length: 300 }, () => randomUUID());
    await keys.keysOf(people, { create: true });
    const cold = new PostgresSubjectKeys({ db: counting, keys: providerOf(first) });
    queries = 0;
    await Promise.all(people.map((person) => cold.keyOf(person)));
    expect(queries).toBe(1);
    await Promise.all(people.map((person) => cold.keyOf(person)));
    expect(queries).toBe(1);
  });
});
