import { type Database, KEYS_DATABASE, openDatabase } from '@crossroads/database';
import { newRequestId, status } from '@crossroads/grpc';
import type { Broker, Consumption } from '@crossroads/messaging';
import { FileKeyProvider, PostgresSubjectKeys } from '@crossroads/privacy';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { named, nextNumber } from './persons.js';
import { all, NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

describe('a key that is missing, without a tombstone', () => {
  const persons = Array.from({ length: 12 }, () => nextNumber());
  const [lost = '', ...others] = persons;
  const received: string[] = [];
  let registry: RunningRegistry;
  let links: Awaited<ReturnType<RunningRegistry['throughLinks']>>;
  let [db, keysDb]: Database[] = [];
  let broker: Broker;
  let consumption: Consumption | undefined;
  let key: { readonly person_id: string; readonly wrapped_key: Buffer } | undefined;

  beforeAll(async () => {
    registry = await RunningRegistry.prepare();
    links = await registry.throughLinks();
    links.bus.cut();
    await registry.startInProcess((testing) => {
      // Without a cache, as in a process that has just started.
      testing.overrideProvider(PostgresSubjectKeys).useFactory({
        inject: [KEYS_DATABASE, FileKeyProvider],
        factory: (db: Database, keys: FileKeyProvider) => new PostgresSubjectKeys({ db, keys, cacheMs: 1 }),
      });
    });
    [db, keysDb] = await Promise.all(
      [registry.database, registry.keysDatabase].map(({ adminUrl }) => openDatabase({ url: adminUrl })),
    );
    const asRegister = registry.as(NATIONAL_REGISTER);
    await eventually(
      () =>
        asRegister.registerPerson({ requestId: newRequestId(), ssin: lost, facts: [named('Lost')] }).then(
          () => true,
          () => false,
        ),
      (done) => done,
    );
    for (const ssin of others)
      await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Other')] });
    [key] = await rows<NonNullable<typeof key>>(
      keysDb,
      `delete from subject_keys where person_id =
        any($1::uuid[]) returning person_id, wrapped_key`,
      [await personOf(1)],
    );
    broker = await registry.openBroker();
    consumption = await broker.consume({
      topic: 'crossroads.person.v1',
      onBatch: async (events) => {
        received.push(...events.flatMap(({ place, id }) => (place === undefined ? [] : [id])));
      },
    });
    links.bus.mend();
  }, 120_000);
  afterAll(async () => {
    await consumption?.close();
    await broker?.close();
    await Promise.all([db?.close(), keysDb?.close()]);
    await registry.close();
  }, 60_000);

  const rows = <Row>(from: Database | undefined, text: string, values: unknown[] = []): Promise<Row[]> => {
    if (from === undefined) throw new Error('there is no database');
    return from.query<Row & object>(text, values);
  };
  /** The ids of the persons, in the order in which they were registered. */
  const personOf = async (nth: number): Promise<string[]> => {
    const found = await rows<{ stream_id: string }>(
      db,
      `select stream_id from es.events where type = 'PersonRegistered' order by serial limit 1 offset $1`,
      [nth - 1],
    );
    return found.map(({ stream_id: id }) => id);
  };
  /** The events of the partitions in which something of the person lies, or of the others. */
  const eventIds = async (ofPerson: boolean): Promise<string[]> => {
    const found = await rows<{ id: string }>(
      db,
      `select event_id as id from es.events where (partition in (select partition from es.events
         where stream_id = $1 or data->>'personId' = $1)) = $2`,
      [key?.person_id, ofPerson],
    );
    return found.map(({ id }) => id).sort();
  };
  const ask = (ssin: string) => registry.supplied(ssin, undefined, { deadlineMs: 3_000 });
  const MISSING = { code: status.UNAVAILABLE, reason: 'KEY_MISSING' };

  it('stops the partitions in which something of that person lies, and no other', async () => {
    const free = await eventIds(false);
    expect(free.length).toBeGreaterThan(0);
    await eventually(
      () => new Set(received).size,
      (size) => size >= free.length,
    );
    expect([...new Set(received)].sort()).toEqual(free);
  }, 60_000);

  it('is answered with UNAVAILABLE, and not as an erasure', async () => {
    await expect(ask(lost)).rejects.toMatchObject(MISSING);
    const change = { requestId: newRequestId(), ssin: lost, facts: [named('Again')], expectedSourceRevision: 0n };
    await expect(registry.as(NATIONAL_REGISTER).changePerson(change, { deadlineMs: 3_000 })).rejects.toMatchObject(
      MISSING,
    );
    const [{ partition } = { partition: -1 }] = await rows<{ partition: number }>(
      db,
      'select partition from es.events where stream_id = $1',
      [key?.person_id],
    );
    const read = all(
      registry.eventsAs('reference-directory').read({ topic: 'crossroads.person.v1', partition, after: undefined }),
    );
    await expect(read).rejects.toMatchObject(MISSING);
    expect((await ask(others[0] ?? '')).data).toMatchObject({ name: { familyNames: ['Other'] } });
  });

  it('goes on by itself once the key is back', async () => {
    await rows(keysDb, 'insert into subject_keys (person_id, wrapped_key) values ($1, $2)', [
      key?.person_id,
      key?.wrapped_key,
    ]);
    const everything = [...(await eventIds(true)), ...(await eventIds(false))].sort();
    await eventually(
      () => [...new Set(received)].sort(),
      (ids) => ids.length === everything.length,
    );
    expect([...new Set(received)].sort()).toEqual(everything);
    expect((await ask(lost)).data).toMatchObject({ name: { familyNames: ['Lost'] } });
  }, 60_000);
});
