import { afterAll } from '@jest/globals';
import { type TestDatabase, testDatabase, testPostgres } from '../postgres.js';
import { brokerContract } from './broker.contract.js';

let database: TestDatabase | undefined;

afterAll(async () => {
  await database?.drop();
  await (await testPostgres()).stop();
});

brokerContract('the embedded log', async () => {
  database = await testDatabase();
  return { clientId: 'contract', embeddedLogUrl: database.migratorUrl };
});
