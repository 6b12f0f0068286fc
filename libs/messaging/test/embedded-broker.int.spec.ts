import { afterAll } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '@crossroads/testing';
import { brokerContract } from '@crossroads/messaging/broker.contract';

let database: TestDatabase | undefined;

afterAll(async () => {
  await database?.drop();
  await (await testPostgres()).stop();
});

brokerContract('the embedded log', async () => {
  database = await testDatabase();
  return { clientId: 'contract', embeddedLogUrl: database.migratorUrl };
});
