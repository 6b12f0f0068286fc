import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@crossroads/database';
import { eventually, freePort } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { access, concluded, intended, refused, someone } from './accesses.js';
import { type AuditClient, PORTAL, World } from './world.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const PEOPLE = Array.from({ length: 12 }, (_, n) => someone(n + 1));
/** Of one person: more than one transaction of a rebuild. */
const MANY = 600;

describe('the rebuild of the list of accesses', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let db: Database;
  let portal: AuditClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    portal = world.client(running, PORTAL);
    for (const person of PEOPLE) world.directory.put(person);
    db = await openDatabase({ url: mesh.database.migratorUrl, poolSize: 2 });
    const [first = someone(1)] = PEOPLE;
    await Promise.all(Array.from({ length: MANY }, () => world.exchange.append(intended(access(first)))));
    await write(PEOPLE);
    await rowsUpTo(MANY + 3 * PEOPLE.length);
  }, 120_000);
  afterAll(async () => {
    await db.close();
    await mesh.stop();
  }, 60_000);

  /** A person looks at the own list, which is an access of its own. */
  const look = async (ssin: string) => {
    const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
    await portal.listAccesses(
      { pageSize: 1, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined },
      { metadata },
    );
  };
  /** Three accesses of each. */
  const write = async (people: typeof PEOPLE) => {
    for (const person of people) {
      const one = access(person);
      await world.exchange.append(intended(one));
      await world.exchange.append(concluded(one));
      await world.exchange.append(refused(access(person), 'NOT_INSCRIBED'));
      await look(person.ssin);
    }
  };
  const rows = () => db.query('select * from accesses order by journal_id');
  const rowsUpTo = (wanted: number) => eventually(rows, ({ length }) => length === wanted, 60_000);
  const start = async (...args: readonly string[]) => {
    const env = {
      ...process.env,
      ...mesh.environment(),
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

  it('makes the same rows of the events alone, and counts those that were wrong', async () => {
    const before = await rows();
    expect(await rebuild('accesses')).toMatchObject({ code: 0, output: expect.stringContaining(' 0 rows differed') });
    expect(await rows()).toEqual(before);
    const damaged = await db.execute('update accesses set self_consultation = false where self_consultation');
    expect(damaged).toBe(PEOPLE.length);
    expect(await rebuild('accesses')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${damaged} rows were wrong, and are right now`),
    });
    expect(await rows()).toEqual(before);
  }, 60_000);

  it('opens the records of versions that did not write out what the row says', async () => {
    const before = await rows();
    const admin = await openDatabase({ url: mesh.database.adminUrl, poolSize: 1 });
    const changed = await admin.execute(
      `update es.events set data = data - 'at' - 'own' where type = 'AccessRecorded'`,
    );
    await admin.close();
    expect(changed).toBeGreaterThan(MANY);
    expect(await rebuild('accesses')).toMatchObject({ code: 0, output: expect.stringContaining(' 0 rows differed') });
    expect(await rows()).toEqual(before);
  }, 60_000);

  it('loses nothing that is recorded meanwhile', async () => {
    const { length } = await rows();
    const writing = write(PEOPLE);
    const rebuilt = await rebuild('accesses');
    await writing;
    expect(rebuilt).toMatchObject({ code: 0 });
    await rowsUpTo(length + 3 * PEOPLE.length);
    expect(await rebuild('accesses')).toMatchObject({ code: 0, output: expect.stringContaining(' 0 rows differed') });
  }, 90_000);

  it('that was killed goes on where it was', async () => {
    const before = await rows();
    const places = async () =>
      db.query<{ position: bigint }>(
        `select max(position) as position from es.steps where reader = 'rebuild accesses'`,
      );
    // Somebody who writes the live table keeps the rebuild from the switch.
    await db.transaction(async (tx) => {
      await tx.query('lock table accesses in row exclusive mode');
      const { child, exit } = await start('accesses');
      await eventually(places, ([row]) => (row?.position ?? 0n) >= 500n, 60_000);
      child.kill('SIGKILL');
      await exit;
    });
    expect(await rebuild('accesses')).toMatchObject({
      code: 0,
      output: expect.stringContaining('accesses: goes on behind'),
    });
    expect(await rows()).toEqual(before);
    expect(running.output).not.toContain('does not exist');
  }, 60_000);

  it('makes the same figures of the counts alone, also of persons who were erased since', async () => {
    const figures = () => db.query('select * from monthly_figures order by id');
    const before = await figures();
    const [row] = await db.query<{ consultations: bigint }>(
      'select sum(consultations)::bigint as consultations from monthly_figures',
    );
    const [lines] = await db.query<{ count: bigint }>('select count(*) from accesses where not self_consultation');
    expect(row?.consultations).toBe(lines?.count);
    const admin = await openDatabase({ url: mesh.database.adminUrl, poolSize: 1 });
    const erased = await admin.execute(
      `update es.events set data = data || '{"sealed": ""}' where type = 'AccessRecorded' and data ->> 'subject' = $1`,
      [PEOPLE[1]?.personId],
    );
    await admin.close();
    expect(erased).toBeGreaterThan(0);
    expect(await rebuild('figures')).toMatchObject({ code: 0, output: expect.stringContaining(' 0 rows differed') });
    expect(await figures()).toEqual(before);
    const damaged = await db.execute('update monthly_figures set consultations = consultations + 1');
    expect(await rebuild('figures')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${damaged} rows were wrong, and are right now`),
    });
    expect(await figures()).toEqual(before);
  }, 60_000);
});
