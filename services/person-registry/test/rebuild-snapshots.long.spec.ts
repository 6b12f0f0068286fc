import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@crossroads/database';
import { newRequestId } from '@crossroads/grpc';
import { eventually, freePort } from '@crossroads/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livesIn, named, nextNumber, streetIn } from './persons.js';
import { NATIONAL_REGISTER, RunningRegistry } from './running-registry.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const MOVES = 9;
const PEOPLE = Array.from({ length: 6 }, nextNumber);
const streetOf = (n: number) => `street ${n}`;

describe('the rebuild of the snapshots of persons', () => {
  let registry: RunningRegistry;
  let asRegister: ReturnType<RunningRegistry['as']>;
  let db: Database;

  beforeAll(async () => {
    registry = await RunningRegistry.start();
    asRegister = registry.as(NATIONAL_REGISTER);
    db = await openDatabase({ url: registry.database.migratorUrl, poolSize: 2 });
    for (const ssin of PEOPLE) {
      await asRegister.registerPerson({ requestId: newRequestId(), ssin, facts: [named('Peeters')] });
      for (let n = 1; n <= MOVES; n++) await move(ssin, n);
    }
    // Too few events for a snapshot.
    await asRegister.registerPerson({ requestId: newRequestId(), ssin: nextNumber(), facts: [named('Janssens')] });
  }, 90_000);
  afterAll(async () => {
    await db.close();
    await registry.close();
  }, 30_000);

  const move = (ssin: string, n: number) =>
    asRegister.changePerson({
      requestId: newRequestId(),
      ssin,
      facts: [livesIn(streetOf(n), `20${String(n).padStart(2, '0')}-01-01`)],
      expectedSourceRevision: 0n,
    });
  const sees = async (ssin: string) => {
    const { data, sourceRevision } = await registry.supplied(ssin);
    return { street: streetIn(data), sourceRevision };
  };
  const snapshots = () =>
    db.query<{ readonly person_id: string; readonly revision: bigint; readonly sealed: string }>(
      'select person_id, revision, sealed from person_snapshots order by person_id',
    );
  const revisions = async () => (await snapshots()).map(({ revision }) => revision);
  const rebuild = (...args: readonly string[]) => registry.run(['rebuild', 'snapshots', ...args]);

  it('makes one of each person with many events, at the last of them, and answers stay the same', async () => {
    const before = await Promise.all(PEOPLE.map(sees));
    // A fold that was wrong once would stay: only a rebuild from events mends it.
    await db.execute('delete from person_snapshots');
    expect(await rebuild()).toMatchObject({ code: 0, output: expect.stringContaining(`${PEOPLE.length} rows`) });
    expect(await revisions()).toEqual(PEOPLE.map(() => BigInt(MOVES + 1)));
    expect(await Promise.all(PEOPLE.map(sees))).toEqual(before);
    const rebuilt = await snapshots();
    await Promise.all(PEOPLE.map(sees));
    // They are read, not made again.
    expect(await snapshots()).toEqual(rebuilt);
  }, 60_000);

  it('loses nothing that is reported meanwhile', async () => {
    const writing = (async () => {
      for (let n = MOVES + 1; n <= MOVES + 4; n++) for (const ssin of PEOPLE) await move(ssin, n);
    })();
    expect((await rebuild()).code).toBe(0);
    await writing;
    const expected = { street: streetOf(MOVES + 4), sourceRevision: BigInt(MOVES + 5) };
    expect(await Promise.all(PEOPLE.map(sees))).toEqual(PEOPLE.map(() => expected));
  }, 60_000);

  it('that was killed goes on where it was', async () => {
    const before = await Promise.all(PEOPLE.map(sees));
    const positions = () =>
      db.query<{ reached: bigint }>(
        "select coalesce(sum(position), 0)::bigint as reached from es.steps where reader = 'rebuild person_snapshots'",
      );
    // Somebody who writes the live table keeps the rebuild from the switch.
    await db.transaction(async (tx) => {
      await tx.query('lock table person_snapshots in row exclusive mode');
      const env = {
        ...process.env,
        ...registry.environment(),
        MESH_PORT: String(await freePort()),
        INSTITUTIONS_PORT: String(await freePort()),
      };
      const child = spawn(process.execPath, [MAIN, 'rebuild', 'snapshots'], { env, stdio: 'ignore' });
      await eventually(positions, ([row]) => (row?.reached ?? 0n) > 0n, 60_000);
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    const again = await rebuild();
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('person_snapshots: goes on behind') });
    expect(await Promise.all(PEOPLE.map(sees))).toEqual(before);
  }, 60_000);
});
