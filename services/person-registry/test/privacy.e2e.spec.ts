import { allPublished } from '@crossroads/testing/mesh';
import { SupplyStatus } from '@crossroads/contracts/source/v1/source_service';
import { openDatabase } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { FileKeyProvider, PostgresSubjectKeys } from '@crossroads/privacy';
import { eventually } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { born, civilStatus, livesIn, named, nextNumber, related } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

let registry: RunningRegistry;
let asRegister: ReturnType<RunningRegistry['as']>;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  asRegister = registry.as(NATIONAL_REGISTER);
}, 90_000);
afterAll(() => registry.close(), 30_000);

/** Every row of every table as text. */
const dump = async (url: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    const { rows: texts } = await client.query<{ text: string }>(`select to_jsonb(one)::text as text from ${name} one`);
    rows.push(...texts.map(({ text }) => text));
  }
  await client.end();
  // Bytes come as hexadecimal: what would be readable in them is looked for as well.
  const bytes = rows.flatMap((row) =>
    [...row.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1')),
  );
  return [...rows, ...bytes].join('\n');
};

const published = async () =>
  (await allPublished(registry.eventsAs('reference-directory'), 'crossroads.person.v1')).map(({ event }) =>
    event.type.split('.').at(-1),
  );

describe('what is kept of a person', () => {
  const [ssin, next, partner] = [nextNumber(), nextNumber(), nextNumber()];
  const personal = [
    ssin,
    next,
    partner,
    'Vandersteen',
    'Suzanne',
    '1985-07-30',
    'Kastanjelaan',
    'Leuven',
    'Somebodyelse',
  ];

  beforeAll(async () => {
    const facts = [named('Vandersteen', 'Suzanne'), born('1985-07-30'), livesIn('Kastanjelaan', '2010-01-01')];
    await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts });
    const more = [civilStatus('20', '2011-01-01', partner), related('SPOUSE', partner)];
    await asRegister.changePerson({ requestId: newRequestId(), ssin, facts: more, expectedSourceRevision: 0n });
    const renamed = [named('Somebodyelse')];
    await asRegister.changePerson({ requestId: newRequestId(), ssin, facts: renamed, expectedSourceRevision: 0n });
    await registry.replace(ssin, next);
    const wrong = asRegister.changePerson({
      requestId: newRequestId(),
      ssin,
      facts: renamed,
      expectedSourceRevision: 0n,
    });
    await expect(wrong).rejects.toMatchObject({ reason: 'SSIN_REPLACED' });
  });

  it('is in no table, topic, key, header or line of the log as it is', async () => {
    const topic = () => dump(registry.log.adminUrl);
    await eventually(topic, (rows) => rows.includes('numbers.notify.replaced'));
    const places = {
      events: await dump(registry.database.adminUrl),
      keys: await dump(registry.keysDatabase.adminUrl),
      topic: await topic(),
      output: registry.output,
    };
    expect(places.events).toContain('PersonChanged');
    for (const [place, text] of Object.entries(places))
      expect([place, personal.filter((one) => text.includes(one))]).toEqual([place, []]);
  });

  it('is gone with its key, and reads as forgotten: no call fails', async () => {
    const before = await published();
    const keysDb = await openDatabase({ url: registry.keysDatabase.url });
    const keys = new PostgresSubjectKeys({ db: keysDb, keys: new FileKeyProvider(registry.keyFile) });
    const [row] = await keysDb.query<{ person_id: string }>('select person_id from subject_keys');
    await keys.destroy({ personId: row?.person_id ?? '', erasedAt: new Date(), reason: 'TEST' });
    await keysDb.close();
    expect(await registry.stop()).toBe(0);
    await registry.launch();

    expect(await registry.supplied(next)).toMatchObject({ status: SupplyStatus.SUPPLY_STATUS_NO_DATA_FOUND });
    const change = { requestId: newRequestId(), ssin: next, facts: [named('Again')], expectedSourceRevision: 0n };
    await expect(asRegister.changePerson(change)).rejects.toMatchObject({ reason: 'PERSON_FORGOTTEN' });
    // Numbers go on being told, by index; what the person was is not.
    expect(before).toEqual(['assigned', 'changed', 'changed', 'changed', 'assigned', 'replaced']);
    expect(await published()).toEqual(['assigned', 'assigned', 'replaced']);
    expect(await registry.unreplace(ssin)).toEqual({ sourceRevision: 3n });
    // The tombstone was written to one database only, as by a restore of the other.
    expect(registry.output).toContain("tombstones were applied: 0 to the keys database, 1 to the service's");
  });
});
