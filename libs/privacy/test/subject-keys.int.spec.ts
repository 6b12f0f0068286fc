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

const tombstoneOf = (personId: string) => ({ personId, erasedAt: new Date(0), reason: 'TEST' });

/** What every implementation promises. */
const subjectKeysContract = (name: string, open: () => SubjectKeys): void =>
  describe(name, () => {
    it('creates a key only when asked to, and returns the same key from then on', async () => {
      const [keys, person] = [open(), randomUUID()];
      expect(await keys.keyOf(person)).toBeUndefined();
      const key = await keys.keyOf(person, { create: true });
      expect(key).toHaveLength(32);
      expect(await keys.keyOf(person, { create: true })).toEqual(key);
      expect(await keys.keyOf(person)).toEqual(key);
    });

    it('creates a different key for each person', async () => {
      const keys = open();
      const found = await keys.keysOf([randomUUID(), randomUUID()], { create: true });
      const [one, two] = [...found.values()];
      expect(one).not.toEqual(two);
    });

    it('returns many keys at once, and leaves out persons who have none', async () => {
      const keys = open();
      const known = Array.from({ length: 2_500 }, () => randomUUID());
      const made = await keys.keysOf(known, { create: true });
      expect(made.size).toBe(2_500);
      const found = await keys.keysOf([...known, randomUUID()]);
      expect(found).toEqual(made);
    });

    it('creates one key for a person although many ask at the same time', async () => {
      const [keys, person] = [open(), randomUUID()];
      const asked = await Promise.all([
        ...Array.from({ length: 20 }, () => keys.keyOf(person, { create: true })),
        ...Array.from({ length: 20 }, async () => (await keys.keysOf([person], { create: true })).get(person)),
      ]);
      expect(new Set(asked.map((key) => (typeof key === 'object' ? key.toString('hex') : key))).size).toBe(1);
    });

    it('creates no new key for a person whose key was destroyed', async () => {
      const [keys, person] = [open(), randomUUID()];
      await keys.keyOf(person, { create: true });
      await keys.destroy(tombstoneOf(person));
      await keys.destroy(tombstoneOf(person));
      expect(await keys.keyOf(person)).toBe(FORGOTTEN);
      expect(await keys.keyOf(person, { create: true })).toBe(FORGOTTEN);
      expect((await keys.keysOf([person], { create: true })).get(person)).toBe(FORGOTTEN);
    });

    it('creates no key for a person who was forgotten before having one', async () => {
      const [keys, person] = [open(), randomUUID()];
      await keys.destroy(tombstoneOf(person));
      expect(await keys.keyOf(person, { create: true })).toBe(FORGOTTEN);
    });
  });

const providerOf = (...secrets: NamedSecret[]): KeyProvider => {
  const none = () => Promise.reject(new KeyUnavailable('not here'));
  return { newDataKey: none, dataKey: none, secret: none, secrets: async () => secrets };
};

const first: NamedSecret = { kid: 'k1', key: randomBytes(32) };
const second: NamedSecret = { kid: 'k2', key: randomBytes(32) };

subjectKeysContract('MemorySubjectKeys', () => new MemorySubjectKeys());

describe('PostgresSubjectKeys', () => {
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

  it('returns the same key in all processes', async () => {
    const processes = Array.from({ length: 5 }, () => new PostgresSubjectKeys({ db, keys: providerOf(first) }));
    const people = Array.from({ length: 200 }, () => randomUUID());
    const [one, ...others] = await Promise.all(processes.map((keys) => keys.keysOf(people, { create: true })));
    for (const other of others) expect(other).toEqual(one);
  });

  it('notices a key destroyed by another process once its cache entry expires', async () => {
    let now = 1;
    const here = new PostgresSubjectKeys({ db, keys: providerOf(first), cacheMs: 30_000, now: () => now });
    const there = new PostgresSubjectKeys({ db, keys: providerOf(first) });
    const person = randomUUID();
    await here.keyOf(person, { create: true });
    await there.destroy(tombstoneOf(person));
    now = 30_002;
    expect(await here.keyOf(person)).toBe(FORGOTTEN);
  });

  it('stores a key wrapped by the master key, and deletes it when it is destroyed', async () => {
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
    await keys.destroy(tombstoneOf(person));
    expect((await stored())?.wrapped_key).toBeNull();
  });

  it('unwraps a key by an older master key, and throws KeyUnavailable without it', async () => {
    const person = randomUUID();
    const key = await new PostgresSubjectKeys({ db, keys: providerOf(first) }).keyOf(person, { create: true });
    expect(await new PostgresSubjectKeys({ db, keys: providerOf(second, first) }).keyOf(person)).toEqual(key);
    await expect(new PostgresSubjectKeys({ db, keys: providerOf(second) }).keyOf(person)).rejects.toThrow(
      KeyUnavailable,
    );
  });

  it('sends one query for 300 concurrent look-ups, and none for cached keys', async () => {
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
