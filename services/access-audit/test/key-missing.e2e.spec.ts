import { status } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { access, intended, someone } from './accesses.js';
import { PORTAL, World } from './world.js';

describe('a person whose key was deleted from the database of the access log', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  const [lost, other] = [someone(1), someone(2)];

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    for (const person of [lost, other]) {
      world.directory.put(person, []);
      await world.exchange.append(intended(access(person)));
    }
    running = await mesh.startProcess();
    for (const { ssin } of [lost, other]) await listed(ssin, 1);
    // A key is cached: the process starts anew.
    await running.stop();
    expect(await inKeys('delete')).toBe(1);
    await running.launch();
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const list = async (ssin: string) => {
    const request = { pageSize: 200, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined };
    const metadata = { authorization: `Bearer ${await world.token(ssin)}` };
    return (await world.client(running, PORTAL).listAccesses(request, { metadata })).accesses;
  };
  const listed = (ssin: string, count: number) =>
    eventually(
      () => list(ssin),
      ({ length }) => length === count,
    );
  const inKeys = async (sql: string): Promise<number> => {
    const client = new pg.Client({ connectionString: mesh.databases.keys?.adminUrl });
    await client.connect();
    try {
      return (await client.query(`${sql} from subject_keys where person_id = $1`, [lost.personId])).rowCount ?? 0;
    } finally {
      await client.end();
    }
  };
  const MISSING = { code: status.UNAVAILABLE, reason: 'KEY_MISSING' };

  it('gets no list in which the accesses look erased, and the operator gets a line', async () => {
    expect(await refusalOf(list(lost.ssin))).toMatchObject(MISSING);
    await eventually(
      () => running.output,
      (output) => output.includes('KEY_MISSING') && output.includes(lost.personId),
    );
    expect(await list(other.ssin)).toMatchObject([{ erased: false }]);
  });

  it('gets none either after the next access has made a new key', async () => {
    for (const person of [lost, other]) await world.exchange.append(intended(access(person)));
    await listed(other.ssin, 2);
    await eventually(
      () => inKeys('select'),
      (rows) => rows === 1,
    );
    expect(await refusalOf(list(lost.ssin))).toMatchObject(MISSING);
  });
});
