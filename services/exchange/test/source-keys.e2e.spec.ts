import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import { eventually } from '@crossroads/testing';
import { type InProcessService, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { consult, type ExchangeClient, STATUS, WAGES, WELFARE, World } from './world.js';

const FOUND = { status: ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND };
const UNAVAILABLE = { status: ConsultationStatus.CONSULTATION_STATUS_NO_RESULT, reason: 'SOURCE_UNAVAILABLE' };

describe('a source', () => {
  let mesh: TestMesh;
  let world: World;
  let exchange: InProcessService;
  let welfare: ExchangeClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('exchange');
    // Longer than a withdrawal may take: what is cut does not end by its deadline.
    world = await World.create(mesh, { deadlineMs: 10_000 });
    exchange = await world.exchange();
    welfare = world.client(exchange.port, WELFARE);
  });
  afterAll(() => mesh.stop());
  beforeEach(() => {
    world.wages.asked.length = 0;
  });

  const ask = () => welfare.consult(consult(world.person(WELFARE).ssin), { deadlineMs: 60_000 });

  /** Waits until the exchange has the change of the policy. */
  const untilResult = (expected: { readonly status: ConsultationStatus }) =>
    eventually(
      async () => (await ask()).results[0]?.status,
      (status) => status === expected.status,
    );

  it('whose key was never registered is not believed, although its certificate has the name of the supplier', async () => {
    world.registerSource('another key');
    await untilResult(UNAVAILABLE);
    world.wages.asked.length = 0;
    expect((await ask()).results).toMatchObject([UNAVAILABLE]);
    expect(world.wages.asked).toEqual([]);
    world.registerSource(world.sourceKey);
    await untilResult(FOUND);
  });

  it('whose key is registered for another data service is not believed for this one', async () => {
    world.registerSourceWith([`supply:${STATUS}`, 'consult', `report:${WAGES}:*`], world.sourceKey);
    await untilResult(UNAVAILABLE);
    world.wages.asked.length = 0;
    expect((await ask()).results).toMatchObject([UNAVAILABLE]);
    expect(world.wages.asked).toEqual([]);
    world.registerSourceWith([`supply:${WAGES}`, `supply:${STATUS}`], world.sourceKey);
    await untilResult(FOUND);
  });

  it('whose registration has ended is not asked, also on the connection that is open', async () => {
    await untilResult(FOUND);
    world.registerSourceUntil(new Date(Date.now() + 2_000));
    await untilResult(UNAVAILABLE);
    world.wages.asked.length = 0;
    expect((await ask()).results).toMatchObject([UNAVAILABLE]);
    expect(world.wages.asked).toEqual([]);
    world.registerSource(world.sourceKey);
    await untilResult(FOUND);
  });

  it('whose key is withdrawn while it is asked is cut off, and the consultation ends without its data', async () => {
    await untilResult(FOUND);
    world.wages.asked.length = 0;
    const sound = world.wages.supply;
    let wasCut = false;
    world.wages.supply = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          wasCut = true;
          reject(new Error('cut off'));
        });
      });
    const asking = [ask(), ask(), ask()];
    await eventually(
      () => world.wages.asked.length,
      (count) => count === asking.length,
    );
    world.registerSource('another key');
    for (const { results } of await Promise.all(asking)) expect(results).toMatchObject([UNAVAILABLE]);
    await eventually(() => wasCut, Boolean);
    expect(world.wages.asked).toHaveLength(asking.length);
    world.wages.supply = sound;
    world.registerSource(world.sourceKey);
    await untilResult(FOUND);
  });
});
