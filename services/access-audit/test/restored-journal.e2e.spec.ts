import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh, type ToPublish } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { access, concluded, intended, someone } from './accesses.js';
import { PORTAL, TOPIC, World } from './world.js';

describe('accesses whose journal was restored to an older state', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  const person = someone(1);

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    world.directory.put(person, []);
    running = await mesh.startProcess();
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const append = async (...events: readonly ToPublish[]) => {
    for (const event of events) await world.exchange.append({ ...event, routingKey: person.personId });
  };
  const listed = (good: (accesses: readonly Access[]) => boolean): Promise<readonly Access[]> =>
    eventually(async () => {
      const { accesses } = await world
        .client(running, PORTAL)
        .listAccesses(
          { pageSize: 0, pageToken: '', withoutOwn: true, enterpriseNumber: '', filter: undefined },
          { metadata: { authorization: `Bearer ${await world.token(person.ssin)}` } },
        );
      return accesses;
    }, good);
  const lostIn = (accesses: readonly Access[]) =>
    new Map(accesses.map(({ journalId, lostAtSource }) => [journalId, lostAtSource]));

  it('stay in the list, marked as lost at the source, and what follows is listed as well', async () => {
    const [kept, lost, later] = [1, 2, 3].map((minute) =>
      access(person, { time: new Date(Date.UTC(2026, 0, 1, 0, minute)) }),
    );
    if (!kept || !lost || !later) throw new Error('three accesses');
    await append(intended(kept), concluded(kept));
    await listed(([one]) => one?.concluded === true);
    await append(intended(lost), concluded(lost));
    await listed((all) => all.length === 2 && all.every((one) => one.concluded));
    await world.exchange.restore([person.personId], 2n);
    await eventually(
      () => running.output,
      (output) => output.includes('LOG_FORKED'),
    );
    await append(intended(later), concluded(later));

    const looked = await running.run(['resync', TOPIC, 'all']);
    expect(looked.output).toContain('2 steps of accesses are lost');
    expect(looked.output).toContain('Repeat it with --confirm');
    expect(looked.code).toBe(0);
    expect([...lostIn(await listed(() => true)).values()]).toEqual([false, false]);

    const done = await running.run(['resync', TOPIC, 'all', '--confirm']);
    expect(done.output).toContain('Generation 1 goes on from there by itself');
    const accesses = await listed((all) => all.length === 3 && all.every((one) => one.concluded));
    expect(lostIn(accesses)).toEqual(
      new Map([
        [later.journalId, false],
        [lost.journalId, true],
        [kept.journalId, false],
      ]),
    );
  });
});
