import { Ask } from '@crossroads/contracts/access/v1/access_record';
import {
  DeliveryContent,
  DeliveryEncoding,
  SubscriptionState,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import { newRequestId } from '@crossroads/grpc';
import { refusalOf } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { opens } from '@crossroads/transparency';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { journalOf } from './journal.js';
import type { Subscriber } from './subscriber.js';
import {
  FUND,
  OFFICE,
  PERSON,
  type SubscriptionClient,
  SURNAME,
  subscribed,
  toAll,
  World,
  whenListed,
} from './world.js';

const { DELIVERY_ENCODING_UNSPECIFIED: encoding } = DeliveryEncoding;
const { DELIVERY_CONTENT_DATA: DATA, DELIVERY_CONTENT_NOTIFICATION: NOTIFICATION } = DeliveryContent;

describe('what a subscription delivers', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let fund: SubscriptionClient;
  let office: SubscriptionClient;
  let fundReads: Subscriber;
  let officeReads: Subscriber;

  beforeAll(async () => {
    mesh = await TestMesh.start('subscription');
    world = await World.create(mesh);
    running = await mesh.startProcess();
    fund = world.client(running, FUND);
    office = world.client(running, OFFICE);
    fundReads = await world.reads(FUND, (await subscribed(fund)).topic);
    officeReads = await world.reads(OFFICE, (await subscribed(office)).topic);
  });
  afterAll(() => mesh.stop());

  const changes = (...groups: readonly string[]) => ({
    changedFieldGroups: groups,
    data: Object.fromEntries(groups.map((group) => [group, { of: group, surname: SURNAME }])),
  });

  it('a notification names what has changed, of what the subscriber may know, and holds no data', async () => {
    const { subscriptionId, content } = await subscribed(office, { content: NOTIFICATION });
    expect(content).toBe(NOTIFICATION);
    const person = world.person(OFFICE);
    await world.publish(world.mutation(person, changes('name')), world.mutation(person, changes('name', 'address')));
    const [delivery] = await officeReads.count(subscriptionId, 1);
    if (delivery?.content?.$case !== 'notification') throw new Error('no notification');
    const told = delivery.content.value;
    expect(told).toMatchObject({
      ssin: person.ssin,
      dataService: PERSON,
      sourceRevision: 2n,
      changedFieldGroups: ['address'],
    });
    const [raw] = officeReads.rawOf(subscriptionId);
    expect(Buffer.from(raw?.event.data ?? []).includes(SURNAME)).toBe(false);
    expect(opens(told.receipt?.askCommitment ?? new Uint8Array(), 'ask', told.askSalt, told.ask)).toBe(true);
    expect(Ask.decode(told.ask)).toMatchObject({ ssin: person.ssin });
    expect(officeReads.faults).toEqual([]);
    // The access log says that no field group was released.
    const journaled = (await journalOf(mesh, running.port)).get(told.ticket);
    expect(journaled).toMatchObject({
      record: { subscriptionId },
      outcomes: [{ releasedFieldGroups: [], filtered: [], reason: 'NOTIFICATION' }],
    });
  });

  it('a subscription to some field groups is told of their changes only, without the others of the same mutation', async () => {
    const { subscriptionId, fieldGroups } = await subscribed(fund, { fieldGroups: ['address'] });
    expect(fieldGroups).toEqual(['address']);
    const person = world.person(FUND);
    await world.publish(
      world.mutation(person, changes('name')),
      world.mutation(person, changes('name', 'address')),
      world.mutation(person, changes('death')),
    );
    await fundReads.count(subscriptionId, 1);
    const all = fundReads.mutations(subscriptionId);
    expect(all).toMatchObject([
      {
        sourceRevision: 2n,
        changedFieldGroups: ['address'],
        filtered: [{ path: 'name', fieldGroup: 'name', reason: 'NOT_REQUESTED' }],
      },
    ]);
    expect(Object.keys(all[0]?.data ?? {})).toEqual(['address']);
  });

  it('a re-assertion says that it is none of a change, with data and without', async () => {
    const [withData, without] = [await subscribed(fund), await subscribed(office, { content: NOTIFICATION })];
    const person = world.person(FUND, OFFICE);
    const [change, again] = [changes('address'), { ...changes('name', 'address'), reasserted: true }];
    await world.publish(world.mutation(person, change), world.mutation(person, again));
    await officeReads.count(without.subscriptionId, 2);
    await fundReads.count(withData.subscriptionId, 2);
    expect(fundReads.mutations(withData.subscriptionId).map(({ reasserted }) => reasserted)).toEqual([false, true]);
    expect(
      officeReads
        .of(without.subscriptionId)
        .map(({ content }) => content?.$case === 'notification' && content.value.reasserted),
    ).toEqual([false, true]);
  });

  it('what is delivered changes with the next mutation, and a repeated request does nothing more', async () => {
    const { subscriptionId } = await subscribed(fund);
    const person = world.person(FUND);
    await world.publish(world.mutation(person, changes('name')));
    await fundReads.count(subscriptionId, 1);
    const change = {
      requestId: newRequestId(),
      subscriptionId,
      content: NOTIFICATION,
      fieldGroups: ['address'],
      encoding,
    };
    await fund.changeSubscription(change);
    await fund.changeSubscription({ ...change, requestId: newRequestId(), content: DATA, fieldGroups: ['name'] });
    await fund.changeSubscription(change);
    expect(await whenListed(fund, subscriptionId, () => true)).toMatchObject({ content: DATA, fieldGroups: ['name'] });
    await world.publish(world.mutation(person, changes('address')), world.mutation(person, changes('name')));
    const all = await fundReads.count(subscriptionId, 2);
    expect(all.map(({ content }) => content?.$case)).toEqual(['mutation', 'mutation']);
    expect(fundReads.mutations(subscriptionId).map(({ sourceRevision }) => sourceRevision)).toEqual([1n, 3n]);
  });

  it('a subscription loses its grant with the last of its field groups', async () => {
    const { subscriptionId } = await subscribed(fund, { fieldGroups: ['name'] });
    const other = await subscribed(fund, { fieldGroups: ['name', 'address'] });
    world.grant('fund', FUND, ['address']);
    const all = await fundReads.count(subscriptionId, 1);
    expect(all[0]?.content).toMatchObject({ $case: 'closing', value: { reason: 'GRANT_REVOKED' } });
    expect(await whenListed(fund, other.subscriptionId, () => true)).toMatchObject({
      state: SubscriptionState.SUBSCRIPTION_STATE_OPEN,
    });
    world.grant('fund', FUND, ['name', 'address']);
  });

  it('field groups that do not exist or are not granted are refused, and so is a change of a closed subscription', async () => {
    const { subscriptionId } = await subscribed(office);
    const change = (fieldGroups: string[], content: DeliveryContent = DATA) =>
      refusalOf(
        office.changeSubscription({ requestId: newRequestId(), subscriptionId, content, fieldGroups, encoding }),
      );
    const notGranted = { code: status.PERMISSION_DENIED, reason: 'FIELD_GROUPS_NOT_GRANTED' };
    expect(await refusalOf(office.subscribe(toAll({ fieldGroups: ['address', 'name'] })))).toMatchObject({
      ...notGranted,
      metadata: { fieldGroups: 'name' },
    });
    expect(await change(['name'])).toMatchObject(notGranted);
    const unknown = {
      code: status.INVALID_ARGUMENT,
      metadata: { field: 'field_groups[1]', rule: 'UNKNOWN_FIELD_GROUP' },
    };
    expect(await refusalOf(office.subscribe(toAll({ fieldGroups: ['address', 'x'] })))).toMatchObject(unknown);
    expect(await change(['address', 'x'])).toMatchObject(unknown);
    expect(await change([], 9 as DeliveryContent)).toMatchObject({
      metadata: { field: 'content', rule: 'UNKNOWN_CONTENT' },
    });
    expect(
      await refusalOf(
        fund.changeSubscription({
          requestId: newRequestId(),
          subscriptionId,
          content: DATA,
          fieldGroups: [],
          encoding,
        }),
      ),
    ).toMatchObject({ reason: 'RESOURCE_NOT_FOUND' });
    await office.closeSubscription({ requestId: newRequestId(), subscriptionId });
    expect(await change(['address'])).toMatchObject({ reason: 'SUBSCRIPTION_NOT_OPEN' });
  });
});
