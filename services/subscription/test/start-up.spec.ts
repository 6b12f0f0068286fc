import { Clock } from '@crossroads/configuration';
import type { RunningServer } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, refusalOf, type SubscriptionClient, TestMesh } from './mesh.js';
import { FUND, subscribed, toAll, World } from './world.js';

const NOON = new Date('2026-03-02T12:00:00Z');
const TODAY = { year: 2026, month: 3, day: 2 };

describe('subscription, started while its databases and the bus are away', () => {
  let mesh: TestMesh;
  let world: World;
  let starting: Promise<RunningServer>;
  let server: RunningServer | undefined;
  let fund: SubscriptionClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('embedded');
    world = await World.create(mesh);
    mesh.databaseLink.cut();
    mesh.bus.link?.cut();
    starting = mesh.startInProcess((testing) => testing.overrideProvider(Clock).useValue({ now: () => NOON }));
    starting.then(
      (running) => {
        server = running;
      },
      () => undefined,
    );
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const health = () => Object.fromEntries(server?.health.results() ?? []);

  it('subscription waits for its databases, then answers', async () => {
    await eventually(
      () => mesh.databaseLink.refused,
      (attempts) => attempts >= 2,
    );
    expect(server).toBeUndefined();
    mesh.databaseLink.mend();
    const { port } = await starting;
    fund = mesh.client(port, world.certificate(FUND));
    const all = { institution: '', pageSize: 0, pageToken: '' };
    const list = await eventually(
      () => fund.listSubscriptions(all).catch(() => undefined),
      (answer) => answer !== undefined,
    );
    expect(list).toEqual({ subscriptions: [], nextPageToken: '' });
  }, 60_000);

  it('until the bus is there, subscription refuses what needs it, and is not ready', async () => {
    expect(await refusalOf(fund.subscribe(toAll()))).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'DEPENDENCY_UNAVAILABLE',
    });
    expect(health()).toEqual({ database: true, 'subject-keys': true, policy: true, bus: false });
    mesh.bus.link?.mend();
    await eventually(health, ({ bus }) => bus === true);
  }, 60_000);

  it('with the bus, subscription delivers; what is granted today, its clock decides', async () => {
    world.grant('fund', FUND, ['name', 'address'], { grant: { validity: { startDate: TODAY, endDate: TODAY } } });
    const { subscriptionId, topic, openTime } = await subscribed(fund);
    expect(openTime).toEqual(NOON);
    const reads = await world.reads(FUND, topic);
    await world.publish(world.mutation(world.person(FUND)));
    await reads.count(subscriptionId, 1);
  }, 60_000);
});
