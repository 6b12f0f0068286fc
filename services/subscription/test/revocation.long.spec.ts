import { AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import { SubscriptionState } from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { eventually, refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { journalOf } from './journal.js';
import type { Subscriber } from './subscriber.js';
import {
  FUND,
  PERSON,
  type Person,
  type SubscriptionClient,
  subscribed,
  toAll,
  WAGES,
  World,
  whenListed,
} from './world.js';

const GRANTED = ['name', 'address'];

describe('revocation', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let reads: Subscriber;
  let id: string;
  let person: Person;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    const { topic } = await subscribed(fund, { dataService: WAGES });
    reads = await world.reads(FUND, topic);
  });
  afterAll(() => mesh.stop());

  beforeEach(async () => {
    world.grant('fund', FUND, GRANTED);
    const opened = await eventually(
      () => subscribed(fund).catch(() => undefined),
      (one) => one !== undefined,
    );
    id = opened?.subscriptionId ?? '';
    person = world.person(FUND);
    await world.publish(world.mutation(person));
    await reads.count(id, 1);
  });
  /** Nothing follows a closing notice: a later mutation is delivered to another subscription only. */
  afterEach(async () => {
    if (reads.of(id).at(-1)?.content?.$case !== 'closing') return;
    const before = reads.of(id).length;
    world.grant('fund', FUND, GRANTED);
    const other = await eventually(
      () => subscribed(fund).catch(() => undefined),
      (one) => one !== undefined,
    );
    await world.publish(world.mutation(person));
    await reads.count(other?.subscriptionId ?? '', 1);
    expect(reads.of(id)).toHaveLength(before);
    reads.requireSound(id);
    expect(reads.faults).toEqual([]);
  });

  const notice = (reason: string, sequence: bigint): Partial<Delivery> => ({
    sequence,
    content: { $case: 'closing', value: { reason, time: expect.any(Date) as unknown as Date } },
  });
  const numbered = (lastSequence: bigint) => whenListed(fund, id, (one) => one.lastSequence === lastSequence);
  const pause = () => fund.pauseSubscription({ requestId: newRequestId(), subscriptionId: id });
  const publishTwo = () => world.publish(world.mutation(person), world.mutation(person));

  it('a subscription that loses its grant gets a closing notice, and nothing after it', async () => {
    world.revoke('fund');
    const all = await reads.count(id, 2);
    expect(all.at(-1)).toMatchObject(notice('GRANT_REVOKED', 2n));
    expect(await whenListed(fund, id, () => true)).toMatchObject({
      state: SubscriptionState.SUBSCRIPTION_STATE_CLOSED,
      closingReason: 'GRANT_REVOKED',
    });
    expect(await refusalOf(fund.subscribe(toAll()))).toMatchObject({ reason: 'DELIBERATION_REVOKED' });
  });

  it('deliveries that waited while paused are withheld when the grant is lost, and their access records say so', async () => {
    await pause();
    await publishTwo();
    await numbered(3n);
    world.revoke('fund');
    const all = await reads.count(id, 2);
    expect(all.at(-1)).toMatchObject(notice('GRANT_REVOKED', 2n));
    // Transactions that are open anywhere in the cluster hold readers of the log back.
    const journal = await eventually(
      async () =>
        [...(await journalOf(mesh, running.port)).values()].filter(({ record }) => record?.subscriptionId === id),
      (accesses) => accesses.flatMap(({ outcomes }) => outcomes).length === 5,
    );
    expect(journal.map(({ outcomes }) => outcomes.map(({ result, reason }) => [result, reason]))).toEqual([
      [[AccessResult.ACCESS_RESULT_ANSWERED, '']],
      [
        [AccessResult.ACCESS_RESULT_ANSWERED, ''],
        [AccessResult.ACCESS_RESULT_REFUSED, 'GRANT_REVOKED'],
      ],
      [
        [AccessResult.ACCESS_RESULT_ANSWERED, ''],
        [AccessResult.ACCESS_RESULT_REFUSED, 'GRANT_REVOKED'],
      ],
    ]);
  });

  it('deliveries in flight while the bus was away still arrive before the closing notice', async () => {
    await pause();
    await publishTwo();
    await numbered(3n);
    mesh.bus.link?.cut();
    await fund.resumeSubscription({ requestId: newRequestId(), subscriptionId: id });
    // The relay has begun to send these two, and cannot know whether the broker has them.
    await eventually(
      () =>
        world.asAdmin((client) =>
          client.query('select from subscription_lanes where subscription_id = $1 and relaying_sequence = 3', [id]),
        ),
      ({ rowCount }) => rowCount === 1,
    );
    world.revoke('fund');
    await whenListed(fund, id, ({ state }) => state === SubscriptionState.SUBSCRIPTION_STATE_CLOSED);
    mesh.bus.link?.mend();
    const all = await reads.count(id, 4);
    expect(all.at(-1)).toMatchObject(notice('GRANT_REVOKED', 4n));
  });

  it('a grant that has expired is told apart from a revoked one', async () => {
    world.grant('fund', FUND, GRANTED, {
      grant: { validity: { startDate: { year: 2020, month: 1, day: 1 }, endDate: { year: 2020, month: 12, day: 31 } } },
    });
    const all = await reads.count(id, 2);
    expect(all.at(-1)).toMatchObject(notice('GRANT_EXPIRED', 2n));
  });

  it('a subscription closed by its subscriber still delivers what was numbered before', async () => {
    await pause();
    await publishTwo();
    await numbered(3n);
    await fund.closeSubscription({ requestId: newRequestId(), subscriptionId: id });
    const all = await reads.count(id, 4);
    expect(all.at(-1)).toMatchObject(notice('CLOSED_BY_SUBSCRIBER', 4n));
  });

  it('nothing is delivered while the policy is stale, and all of it afterwards', async () => {
    mesh.policy.silent = true;
    const stale = await eventually(
      () => fund.listSubscriptions({ institution: '', pageSize: 1, pageToken: '' }).catch((error: unknown) => error),
      (answer) => answer instanceof Error,
    );
    expect(stale).toMatchObject({ reason: 'POLICY_STALE' });
    await publishTwo();
    await world.registry.caughtUp();
    expect(reads.of(id)).toHaveLength(1);
    mesh.policy.silent = false;
    await reads.count(id, 3);
  });

  it('a subscription to another data service of the same deliberation goes on', async () => {
    const wages = await subscribed(fund, { dataService: WAGES });
    world.grant('fund', FUND, GRANTED, { grant: { dataService: PERSON } });
    expect((await reads.count(wages.subscriptionId, 1)).at(-1)).toMatchObject(notice('GRANT_REVOKED', 1n));
    await world.publish(world.mutation(person));
    await reads.count(id, 2);
  });
});
