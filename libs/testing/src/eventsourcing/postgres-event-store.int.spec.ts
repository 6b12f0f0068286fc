import { coalescingAppender, eventStoreMigrations, openDatabase, PostgresEventStore } from '@crossroads/eventsourcing';
import { eventStoreContract } from '@crossroads/eventsourcing/event-store.contract';
import { afterAll } from '@jest/globals';
import { testDatabase, testPostgres } from '../postgres.js';

const open = async () => {
  const database = await testDatabase(...eventStoreMigrations);
  const db = await openDatabase({ url: database.url });
  const close = async () => {
    await db.close();
    await database.drop();
  };
  return { store: new PostgresEventStore(db), db, close };
};

eventStoreContract('the event store in PostgreSQL', open);

eventStoreContract('the event store in PostgreSQL, appends travelling together', async () => {
  const { store, close } = await open();
  const together = coalescingAppender(store);
  return {
    close,
    store: {
      append: (appends, options) => together.append(appends, options),
      answerTo: (request) => store.answerTo(request),
      readStream: (streamId, from) => store.readStream(streamId, from),
      readStreams: (streamIds) => store.readStreams(streamIds),
      readLog: (after, limit) => store.readLog(after, limit),
    },
  };
});

afterAll(async () => (await testPostgres()).stop());
