import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@crossroads/database';
import { eventStoreMigrations, PostgresEventStore } from '@crossroads/eventsourcing';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

describe('the role that a service runs as', () => {
  let database: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    database = await testDatabase(...eventStoreMigrations);
    db = await openDatabase({ url: database.url });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
    await (await testPostgres()).stop();
  });

  it('may append events and read them', async () => {
    const [store, streamId] = [new PostgresEventStore(db), randomUUID()];
    await store.append([{ streamId, streamType: 't', expectedRevision: 0n, events: [{ type: 'T', data: 1 }] }]);
    expect(await store.readStream(streamId)).toHaveLength(1);
  });

  it.each([
    ['update an event', "update es.events set data = '{}'"],
    ['delete an event', 'delete from es.events'],
    ['truncate the log', 'truncate es.events'],
    ['drop the log', 'drop table es.events'],
    [
      'replace the append function',
      "create or replace function es.append(p_rows jsonb) returns void language sql as ''",
    ],
  ])('may not %s', async (_, sql) => {
    await expect(db.query(sql)).rejects.toThrow(/permission denied|must be owner/);
  });
});
