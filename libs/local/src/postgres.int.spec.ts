import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { freePort } from './ports.js';
import { type Postgres, startPostgres } from './postgres.js';

describe('the built-in PostgreSQL', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'crossroads-pg-'));
  let postgres: Postgres;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    postgres = await startPostgres({ dataFolder, port, outside: undefined, durable: true });
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('the databases and roles of a service are created once', async () => {
    const first = await postgres.ensureService('person-registry', { keys: true });
    expect(await postgres.ensureService('person-registry', { keys: true })).toEqual(first);
    expect(await ask(first.main.app, 'select current_user, current_database()')).toEqual({
      current_user: 'person_registry_app',
      current_database: 'person_registry',
    });
    expect(await ask(first.keys?.migrator ?? '', 'select current_database()')).toEqual({
      current_database: 'person_registry_keys',
    });
  });

  it('the app role cannot create objects or connect to the database of another service', async () => {
    const { main } = await postgres.ensureService('exchange');
    await expect(ask(main.app, 'create table t ()')).rejects.toThrow(/permission denied/);
    const others = new URL(main.app);
    others.pathname = '/person_registry';
    await expect(ask(others.href, 'select 1')).rejects.toThrow(/permission denied for database/);
  });

  it('PostgreSQL restarts with its data after SIGKILL', async () => {
    const { main } = await postgres.ensureService('durable');
    await ask(main.migrator, 'create table kept as select 42 as answer');
    await postgres.process?.killAndWait();
    expect(await ask(main.migrator, 'select answer from kept')).toEqual({ answer: 42 });
  });

  it('PostgreSQL starts on the data of a process that was left running', async () => {
    const { main } = await postgres.ensureService('durable');
    const again = await startPostgres({ dataFolder, port, outside: undefined });
    expect(await ask(main.migrator, 'select answer from kept')).toEqual({ answer: 42 });
    await again.stop();
  });

  it('the error for an unreachable external PostgreSQL says what to do', async () => {
    await expect(startPostgres({ dataFolder, port, outside: 'postgresql://127.0.0.1:1/none' })).rejects.toThrow(
      /CROSSROADS_POSTGRES_URL does not answer .* unset the variable/,
    );
  });
});

const ask = async (url: string, sql: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows[0];
  } finally {
    await client.end().catch(() => {});
  }
};
