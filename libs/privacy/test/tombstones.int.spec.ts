import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import {
  FORGOTTEN,
  KeyMissing,
  KeyUnavailable,
  type KeyProvider,
  PostgresSubjectKeys,
  reconcileTombstones,
  SubjectSealer,
  subjectKeyMigrations,
  tombstoneMigrations,
  Tombstones,
} from '@crossroads/privacy';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

describe('tombstones', () => {
  const databases: TestDatabase[] = [];
  let [db, keysDb]: Database[] = [];
  /** Of the superuser: services can do no such thing. */
  let [restoredDb, restoredKeysDb]: Database[] = [];
  const master = { kid: 'k1', key: randomBytes(32) };
  const none = () => Promise.reject(new KeyUnavailable('not here'));
  const provider: KeyProvider = { newDataKey: none, dataKey: none, secret: none, secrets: async () => [master] };

  const own = (): Database => db as Database;
  const keysDatabase = (): Database => keysDb as Database;
  /** As a process that has just started: nothing is cached. */
  const freshKeys = () => new PostgresSubjectKeys({ db: keysDatabase(), keys: provider });
  const tombstoneOf = (personId: string) => ({ personId, erasedAt: new Date('2026-01-01T00:00:00Z'), reason: 'TEST' });
  const rowOf = async (personId: string): Promise<Record<string, unknown> | undefined> =>
    (
      await keysDatabase().query<Record<string, unknown>>('select * from subject_keys where person_id = $1', [personId])
    )[0];
  /** A restore to the state in which the row was this one. */
  const restore = (row: Record<string, unknown> | undefined) =>
    restoredKeysDb?.query(
      `insert into subject_keys (person_id, wrapped_key) values ($1, $2)
       on conflict (person_id) do update set wrapped_key = excluded.wrapped_key, destroyed_at = null, reason = null`,
      [row?.['person_id'], row?.['wrapped_key']],
    );

  beforeAll(async () => {
    databases.push(await testDatabase(...tombstoneMigrations), await testDatabase(...subjectKeyMigrations));
    [db, keysDb] = await Promise.all(databases.map(({ url }) => openDatabase({ url })));
    [restoredDb, restoredKeysDb] = await Promise.all(
      databases.map(({ adminUrl: url }) => openDatabase({ url, poolSize: 1 })),
    );
  });
  afterAll(async () => {
    for (const one of [db, keysDb, restoredDb, restoredKeysDb]) await one?.close();
    for (const database of databases) await database.drop();
    await (await testPostgres()).stop();
  });

  const erased = async () => {
    const [personId, sealer] = [randomUUID(), new SubjectSealer(freshKeys())];
    const sealed = await sealer.sealForSubject(personId, { name: 'Somebody' }, 'here');
    const before = await rowOf(personId);
    const tombstones = new Tombstones(own(), freshKeys());
    await tombstones.add(own(), [tombstoneOf(personId)]);
    await tombstones.carryOut(100);
    return { personId, sealed, before };
  };
  const read = (personId: string, sealed: string) =>
    new SubjectSealer(freshKeys()).openForSubject(personId, sealed, 'here');

  it('are the same in both databases after an erasure, and nothing of the key is left', async () => {
    const { personId, sealed } = await erased();
    expect(await read(personId, sealed)).toBe(FORGOTTEN);
    expect(await rowOf(personId)).toEqual({
      person_id: personId,
      wrapped_key: null,
      destroyed_at: tombstoneOf(personId).erasedAt,
      reason: 'TEST',
    });
    expect(await reconcileTombstones(own(), keysDatabase())).toEqual({ keys: 0, own: 0 });
  });

  it('are applied to a keys database that was restored to before the erasure', async () => {
    const { personId, sealed, before } = await erased();
    await restore(before);
    expect(await read(personId, sealed)).toEqual({ name: 'Somebody' });
    expect(await reconcileTombstones(own(), keysDatabase())).toEqual({ keys: 1, own: 0 });
    expect(await read(personId, sealed)).toBe(FORGOTTEN);
  });

  it('are copied to a service database that was restored to before the erasure, to be acknowledged again', async () => {
    const { personId } = await erased();
    const tombstones = new Tombstones(own(), freshKeys());
    await tombstones.acknowledged(personId);
    await restoredDb?.query('delete from tombstones where person_id = $1', [personId]);
    expect(await reconcileTombstones(own(), keysDatabase())).toEqual({ keys: 0, own: 1 });
    expect(await tombstones.carryOut(100)).toContainEqual(tombstoneOf(personId));
  });

  it('are not made by a missing row: that is a fault, in whichever order the databases were restored', async () => {
    const [personId, sealer] = [randomUUID(), new SubjectSealer(freshKeys())];
    const sealed = await sealer.sealForSubject(personId, { name: 'Somebody' }, 'here');
    await restoredKeysDb?.query('delete from subject_keys where person_id = $1', [personId]);
    await reconcileTombstones(own(), keysDatabase());
    await expect(read(personId, sealed)).rejects.toThrow(KeyMissing);
  });

  it('stay as they were when an erasure is repeated', async () => {
    const { personId } = await erased();
    const later = { personId, erasedAt: new Date('2026-02-02T00:00:00Z'), reason: 'AGAIN' };
    await new Tombstones(own(), freshKeys()).add(own(), [later, later]);
    await freshKeys().destroy(later, later);
    expect(await rowOf(personId)).toMatchObject({ destroyed_at: tombstoneOf(personId).erasedAt, reason: 'TEST' });
    expect(await new Tombstones(own(), freshKeys()).carryOut(100)).not.toContainEqual(later);
  });
});
