import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@crossroads/database';
import { lastSteps } from '@crossroads/eventsourcing';
import { eventually, freePort } from '@crossroads/testing';
import { PARTITIONS } from '@crossroads/topology';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testNumber } from './numbers.js';
import { fileLine, sendFile } from './requests.js';
import { type Directory, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const PEOPLE = Array.from({ length: 24 }, (_, n) => testNumber(n));
/** More than one transaction of a rebuild, all in the partition of one person. */
const RENUMBERED = Array.from({ length: 620 }, (_, n) => testNumber(1_000 + n));
const [FIRST = '', SECOND = '', THIRD = '', FOURTH = ''] = PEOPLE;

describe('the rebuild of a view of the directory', () => {
  let directory: RunningDirectory;
  let asOffice: Directory;
  let asExchange: Directory;
  let db: Database;

  beforeAll(async () => {
    directory = await RunningDirectory.start(async (registry) => {
      const persons = new Map<string, string>();
      for (const ssin of PEOPLE) persons.set(ssin, await registry.assign(ssin));
      const personOf = (ssin: string) => persons.get(ssin) ?? '';
      await registry.replace(FIRST, SECOND, personOf(SECOND), personOf(FIRST));
      await registry.replace(THIRD, FOURTH, personOf(FOURTH), personOf(THIRD));
      await registry.unreplace(THIRD, personOf(THIRD), personOf(FOURTH));
      const [first = '', ...others] = RENUMBERED;
      const many = await registry.assign(first);
      for (const ssin of others) await registry.assign(ssin, many);
    });
    [asOffice, asExchange] = [directory.as(WELFARE_OFFICE), directory.as('exchange')];
    db = await openDatabase({ url: directory.mesh.database.migratorUrl, poolSize: 2 });
    await eventually(
      () => db.query<{ count: bigint }>('select count(*) from numbers'),
      ([row]) => row?.count === BigInt(PEOPLE.length + RENUMBERED.length),
    );
    await sendFile(asOffice, [PEOPLE.slice(4).map((ssin) => fileLine(ssin))]);
  }, 120_000);
  afterAll(async () => {
    await db.close();
    await directory.close();
  }, 30_000);

  /** `main.js rebuild <view>` with the settings of the running service. */
  const start = async (...args: readonly string[]) => {
    const env = {
      ...process.env,
      ...directory.mesh.environment(),
      MESH_PORT: String(await freePort()),
      INSTITUTIONS_PORT: String(await freePort()),
    };
    const child = spawn(process.execPath, [MAIN, 'rebuild', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        output += data.toString();
      });
    return { child, exit: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
  };
  const rebuild = async (...args: readonly string[]) => (await start(...args)).exit;
  const rowsOf = (table: string) => db.query(`select * from ${table} order by 1`);
  const answers = async () =>
    (
      await asExchange.batchCheck({
        persons: PEOPLE.map((ssin) => ({ by: { $case: 'ssin', value: ssin } })),
        institutions: [],
        date: undefined,
      })
    ).results;

  it.each([
    ['persons', 'delete from persons where person % 3 = 0'],
    ['numbers', "update numbers set state = 'C' where state = 'R'"],
    ['merges', 'delete from merges'],
    ['inscriptions', "update inscriptions set packed = '\\x01' where person % 2 = 0"],
  ])(
    '%s that are wrong are counted, all others come out the same, and all are right afterwards',
    async (view, damage) => {
      const [rows, before] = [await rowsOf(view), await answers()];
      const damaged = await db.execute(damage);
      expect(await rowsOf(view)).not.toEqual(rows);
      expect(await rebuild(view)).toMatchObject({
        code: 1,
        output: expect.stringContaining(`cannot rebuild: ${damaged} rows were wrong, and are right now`),
      });
      expect(await rowsOf(view)).toEqual(rows);
      expect(await answers()).toEqual(before);
    },
  );

  it('a view that does not exist is refused, and the others are named', async () => {
    expect(await rebuild('nothing')).toEqual({
      code: 1,
      output:
        'reference-directory cannot rebuild: there is no view "nothing" to rebuild; there are: persons, numbers, merges, inscriptions\n',
    });
  });

  it('a rebuild that was killed goes on where it was', async () => {
    const rows = await rowsOf('numbers');
    const released = Promise.withResolvers<void>();
    // A transaction has 500 events: the first one commits, the second one is not complete.
    directory.registry.pause = { behind: 550n, until: released.promise };
    const { child, exit } = await start('numbers');
    const places = () => lastSteps(db, 'rebuild numbers', [...Array(PARTITIONS).keys()]);
    const reached = await eventually(places, (steps) =>
      [...steps.values()].some(({ place }) => place.position >= 500n),
    );
    child.kill('SIGKILL');
    await exit;
    directory.registry.pause = undefined;
    released.resolve();
    directory.registry.reads.length = 0;
    const { code, output } = await rebuild('numbers');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('numbers: goes on behind') });
    for (const [partition, { place }] of reached) {
      const read = directory.registry.reads.filter((one) => one.partition === partition);
      expect(read.every(({ after }) => (after?.position ?? 0n) >= place.position)).toBe(true);
    }
    expect(await rowsOf('numbers')).toEqual(rows);
  });

  it('what is inscribed and published meanwhile is there afterwards', async () => {
    const newcomer = testNumber(9_000);
    const files = [1, 2, 3, 4].map((n) => [PEOPLE.slice(4).map((ssin) => fileLine(ssin, `40/${n}`))]);
    const writing = (async () => {
      for (const file of files) await sendFile(asOffice, file);
      await directory.registry.assign(newcomer);
    })();
    const rebuilt = await Promise.all(['inscriptions', 'numbers'].map((view) => rebuild(view)));
    await writing;
    expect(rebuilt.map(({ code, output }) => (code === 0 ? '' : output))).toEqual(['', '']);
    await eventually(
      () =>
        asExchange.batchCheck({
          persons: [{ by: { $case: 'ssin', value: newcomer } }],
          institutions: [],
          date: undefined,
        }),
      ({ results }) => results[0]?.personId !== '',
    );
    for (const { inscriptions } of (await answers()).slice(4)) expect(inscriptions).toHaveLength(5);
    const { inscriptions } = await asOffice.listInscriptions({ institution: '', ssin: '', pageSize: 1, pageToken: '' });
    expect(PEOPLE).toContain(inscriptions[0]?.ssin);
  });
});
