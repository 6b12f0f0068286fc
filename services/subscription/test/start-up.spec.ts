import { Clock } from '@crossroads/configuration';
import { eventually, refusalOf } from '@crossroads/testing';
import { type InProcessService, type Link, TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { FUND, type SubscriptionClient, subscribed, toAll, World } from './world.js';

const NOON = new Date('2026-03-02T12:00:00Z');
const TODAY = { year: 2026, month: 3, day: 2 };

describe('subscription, started while its databases and the bus are away', () => {
  let mesh: TestMesh;
  let world: World;
  let databases: Link;
  let starting: Promise<InProcessService>;
  let running: InProcessService | undefined;
  let fund: SubscriptionClient;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    const { link, env } = await world.databaseLink();
    databases = link;
    databases.cut();
    mesh.bus.link?.cut();
    starting = mesh.startInProcess(service, AppModule, {
      env,
      until: 'listening',
      override: (builder) => builder.overrideProvider(Clock).useValue({ now: () => NOON }),
    });
    starting.then(
      (started) => {
        running = started;
      },
      () => undefined,
    );
  });
  afterAll(() => mesh.stop());

  const health = () => Object.fromEntries(running?.server.health.results() ?? []);

  it('subscription waits for its databases, then answers', async () => {
    await eventually(
      () => databases.refused,
      (attempts) => attempts >= 2,
    );
    expect(running).toBeUndefined();
    databases.mend();
    fund = world.client(await starting, FUND);
    const all = { institution: '', pageSize: 0, pageToken: '' };
    const list = await eventually(
      () => fund.listSubscriptions(all).catch(() => undefined),
      (answer) => answer !== undefined,
    );
    expect(list).toEqual({ subscriptions: [], nextPageToken: '' });
  });

  it('until the bus is there, subscription refuses what needs it, and is not ready', async () => {
    expect(await refusalOf(fund.subscribe(toAll()))).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'DEPENDENCY_UNAVAILABLE',
    });
    expect(health()).toMatchObject({ database: true, 'subject-keys': true, policy: true, bus: false });
    mesh.bus.link?.mend();
    await eventually(health, ({ bus }) => bus === true);
  });

  it('with the bus, subscription delivers; what is granted today, its clock decides', async () => {
    world.grant('fund', FUND, ['name', 'address'], { grant: { validity: { startDate: TODAY, endDate: TODAY } } });
    const { subscriptionId, topic, openTime } = await subscribed(fund);
    expect(openTime).toEqual(NOON);
    const reads = await world.reads(FUND, topic);
    await world.publish(world.mutation(world.person(FUND)));
    await reads.count(subscriptionId, 1);
  });
});
